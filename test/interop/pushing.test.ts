import { readdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { contentOf } from "@airgap-bundle/core";
import { openRegistry } from "@airgap-bundle/registry";
import { expect, onTestFinished, test } from "vitest";
import { describePeers } from "../peers/describe-peers.ts";
import {
  type DockerRegistry,
  type DockerRegistryOptions,
  startDockerRegistry,
} from "../peers/docker-registry.ts";
import { writeBundle } from "../support/bundles.ts";
import { ImportDocument, readDocument } from "../support/documents.ts";
import { makeBlob, makeImage } from "../support/images.ts";
import { openSite, type Site } from "../support/site.ts";

const MIB = 1024 * 1024;
const LAYER = makeBlob(Buffer.alloc(4 * MIB, "layer"));

describePeers(["docker-registry"], "pushing to docker-registry", () => {
  async function start(options: DockerRegistryOptions = {}): Promise<DockerRegistry> {
    const registry = await startDockerRegistry(options);
    onTestFinished(async () => await registry.close());
    return registry;
  }

  async function openFilledSite(): Promise<Site> {
    const site = await openSite();
    onTestFinished(async () => await site.close());
    await writeBundle(site.path("out.tar"), [
      ["r.io/app:1", makeImage(["app"])],
      ["r.io/tool:1", makeImage(["tool"])],
    ]);
    return site;
  }

  /** What it holds of uploads; beside that it keeps a state of the hash of what it has cancelled. */
  async function listUploads({ repositories }: DockerRegistry): Promise<readonly string[]> {
    const files = await readdir(join(repositories, "app", "_uploads"), { recursive: true });
    return files.filter((file) => basename(file) === "data");
  }

  test("row 74: one that is read-only gets nothing more after its first answer", async () => {
    const { host } = await start({ isReadOnly: true });
    const site = await openFilledSite();

    const run = await site.run(["import", "out.tar", "--to", host, "--jobs", "1", "--json"], {
      env: { BUNDLE_LOG: "debug" },
    });

    const expected = { status: "failed", code: "UNSUPPORTED" };
    expect(readDocument(run, ImportDocument).images).toMatchObject([expected, expected]);
    expect(run.stderr.match(/POST /g)).toHaveLength(1);
    expect(run.stderr).not.toMatch(/PUT |PATCH /);
  });

  test("asking whether it may be written leaves no upload behind", async () => {
    const registry = await start();
    const site = await openFilledSite();

    const { exitCode } = await site.run(["import", "out.tar", "--to", registry.host, "--dry-run"]);

    expect(exitCode).toBe(0);
    expect(await listUploads(registry)).toEqual([]);
  });

  test.each([undefined, MIB])(
    "row 106: an upload that is given up is cancelled, chunks of %s",
    async (chunkSize) => {
      const registry = await start();
      const methods: string[] = [];
      const onExchange = ({ method }: { readonly method: string }): void => void methods.push(method);
      const opened = openRegistry(registry.host, { userAgent: "test/1", chunkSize, onExchange });
      onTestFinished(async () => await opened.close());
      const controller = new AbortController();
      const { signal } = controller;
      async function* half(): AsyncGenerator<Uint8Array> {
        yield* contentOf(LAYER.content.subarray(0, 2.5 * MIB));
        expect(await listUploads(registry)).toHaveLength(1);
        controller.abort(new Error("stopped"));
        await new Promise((_, reject) => reject(signal.reason));
      }

      const pushed = opened.openRepository("app").putBlob(LAYER.descriptor, half, { signal });

      await expect(pushed).rejects.toThrow("stopped");
      // While it still takes what was on the way docker-registry answers 404, and clears the upload away by itself.
      expect(methods.at(-1)).toBe("DELETE");
    },
  );
});
