import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createRegistries, type NamedImages } from "../../../../test/support/bundles.ts";
import { makeImage, planOf } from "../../../../test/support/images.ts";
import { openMetadataCache } from "../metadata-cache.ts";
import { findReferrers } from "./find-referrers.ts";
import { createManifestFetcher } from "./manifest-fetcher.ts";

const MADE = ["a", "b", "c", "d"].map((layer) => makeImage([layer]));
const IMAGES: NamedImages = MADE.map((made, number) => [`r.io/app:${number}`, made]);

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "limit-"));
});

afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

test("findReferrers() asks about as many manifests as a run may, and has one reason for the rest", async () => {
  const { openRepository: openSource } = await createRegistries(IMAGES);
  const cache = openMetadataCache(directory);
  const options = { openSource, cache, pullLimit: () => undefined, jobs: 2 };
  const fetcher = createManifestFetcher(options);
  const from = { registry: "r.io", repository: "app" };
  await fetcher.fetchAll(MADE.map(({ descriptor }) => ({ descriptor, from })));

  const found = await findReferrers(planOf(IMAGES).images, {
    fetcher,
    lists: new Map(),
    options,
    maxSubjects: 2,
  });

  expect([...found.values()].filter(({ failures }) => failures.length === 0)).toHaveLength(2);
  const messages = [...found.values()].flatMap(({ failures }) => failures.map(({ message }) => message));
  const reason = "Cannot look for all referrers: a run asks about 2 manifests at most";
  expect(messages).toEqual([reason, reason]);
});
