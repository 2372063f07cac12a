import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { formatSelection } from "../../../test/support/selection.ts";
import { openTestRegistry, type TestRegistry } from "../../../test/support/test-registry.ts";
import { withPlan } from "./resolve-selection.ts";

let directory: string;
let registry: TestRegistry;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "resolve-"));
  registry = await openTestRegistry();
});

afterEach(async () => {
  await registry.close();
  await rm(directory, { recursive: true, force: true });
});

test("withPlan() tells why the work failed, also where the cache's lock cannot be given back", async () => {
  const path = join(directory, "selection.yaml");
  const cacheDir = join(directory, "cache");
  const mappings = [{ from: "team/app", tags: ["1"] }];
  await writeFile(path, formatSelection({ registry: registry.host, mappings }));
  const options = {
    cacheDir,
    insecureHosts: [],
    isVerbose: false,
    jobs: 1,
    onEvent: () => undefined,
    report: () => undefined,
    signal: new AbortController().signal,
    userAgent: "test/1",
  };
  const failure = new Error("the work fails");

  const worked = withPlan(path, { referrers: false }, options, async () => {
    // The lock is taken beside the work, which is so soon at its end here alone.
    await sleep(200);
    // A directory cannot be removed as a lock is.
    await rm(join(cacheDir, "lock"));
    await mkdir(join(cacheDir, "lock"));
    throw failure;
  });

  await expect(worked).rejects.toBe(failure);
});
