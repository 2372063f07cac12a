import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createMemoryStore, openDirectoryStore, type Store } from "@airgap-bundle/core";
import { type ServedRegistry, serveRegistry } from "@airgap-bundle/registry";
import { afterAll, beforeAll, describe, test } from "vitest";
import { type ConformanceCase, openTalk } from "./talk.ts";

/** Puts cases to the server of this project, over each kind of store. */
export function testConformance(cases: readonly ConformanceCase[]): void {
  describe.each(["memory", "directory"] as const)("the server over a %s store", (kind) => {
    let registry: ServedRegistry;
    let directory: string;

    beforeAll(async () => {
      directory = await mkdtemp(join(tmpdir(), "conformance-"));
      const store: Store = kind === "memory" ? createMemoryStore() : openDirectoryStore(directory);
      registry = await serveRegistry(store);
    });

    afterAll(async () => {
      await registry.close();
      await rm(directory, { recursive: true });
    });

    for (const { name, run } of cases) test(name, async () => await run(openTalk(registry.url)));
  });
}
