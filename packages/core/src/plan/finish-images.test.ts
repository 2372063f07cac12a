import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createRegistries } from "../../../../test/support/bundles.ts";
import { graphOf, makeImage, planOf } from "../../../../test/support/images.ts";
import { BundleError, type ErrorCode } from "../error.ts";
import { openMetadataCache } from "../metadata-cache.ts";
import { type FinishedImages, finishImages } from "./finish-images.ts";

const IMAGE = makeImage(["layer"]);

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "finish-"));
});

afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

/** Finishes an image whose config cannot be kept. */
async function finish(code: ErrorCode): Promise<FinishedImages> {
  const registries = await createRegistries([["r.io/app:1", IMAGE]]);
  const cache = openMetadataCache(directory);
  const images = planOf([["r.io/app:1", IMAGE]]).images.map((image) => ({
    ...image,
    resolved: image.descriptor,
    root: image.descriptor,
    taken: [],
    isNamed: true,
  }));
  return await finishImages(images, graphOf([IMAGE]), {
    openSource: registries.openRepository,
    cache: {
      ...cache,
      getOrFetch: async () => await Promise.reject(new BundleError(code, "Cannot keep it")),
    },
    pullLimit: () => undefined,
    jobs: 2,
  });
}

test.each(["NO_SPACE", "FILE_FAILED", "TOOMANYREQUESTS"] as const)(
  "finishImages() stops at %s of a config, which concerns all",
  async (code) => {
    await expect(finish(code)).rejects.toMatchObject({ code });
  },
);

test("finishImages() leaves out an image whose config cannot be had", async () => {
  const { images, failed } = await finish("BLOB_UNKNOWN");

  expect(images).toEqual([]);
  expect(failed).toMatchObject([{ source: "r.io/app:1", code: "BLOB_UNKNOWN" }]);
});
