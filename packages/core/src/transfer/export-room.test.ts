import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openFilledCache, openSources } from "../../../../test/support/bundles.ts";
import { makeBlob, makeManifest, planOf } from "../../../../test/support/images.ts";
import { exportBundle } from "./export-bundle.ts";

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "export-room-"));
});

afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

test("row 103: exportBundle() fetches nothing, no config either, where the bundle has no room", async () => {
  const layer = makeBlob("layer");
  const large = { ...layer, descriptor: { ...layer.descriptor, size: 2 ** 50 } };
  const images = [["large:1", makeManifest(makeBlob("{}"), [large])]] as const;
  const opened: string[] = [];
  const options = {
    openSource: await openSources([], opened),
    cache: await openFilledCache(join(directory, "cache"), images),
    heading: { createdBy: "test" },
    jobs: 1,
  };

  const exported = exportBundle({ ...planOf(images), failed: [] }, join(directory, "out.tar"), options);

  await expect(exported).rejects.toMatchObject({ code: "NO_SPACE" });
  expect(opened).toEqual([]);
  expect(await readdir(directory)).toEqual(["cache"]);
});
