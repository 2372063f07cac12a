import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createRegistries } from "../../../../test/support/bundles.ts";
import { makeImage } from "../../../../test/support/images.ts";
import { BundleError } from "../error.ts";
import { openMetadataCache } from "../metadata-cache.ts";
import type { RepositoryName } from "../reference.ts";
import { createManifestFetcher, type ManifestFetcher } from "./manifest-fetcher.ts";

const IMAGE = makeImage(["layer"]);
const WANTED = ["gone", "kept"].map((repository) => ({
  descriptor: IMAGE.descriptor,
  from: { registry: "r.io", repository },
}));

let directory: string;
let asked: string[];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "fetcher-"));
  asked = [];
});

afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

/** A fetcher for which these repositories have lost the manifest. */
async function createFetcher(lost: readonly string[]): Promise<ManifestFetcher> {
  const registries = await createRegistries([
    ["r.io/gone:1", IMAGE],
    ["r.io/kept:1", IMAGE],
  ]);
  const openSource = (name: RepositoryName): ReturnType<typeof registries.openRepository> => ({
    ...registries.openRepository(name),
    readManifest: async () => {
      asked.push(name.repository);
      if (lost.includes(name.repository))
        throw new BundleError("MANIFEST_UNKNOWN", `not in ${name.repository}`);
      return await Promise.resolve(IMAGE.content);
    },
  });
  const cache = openMetadataCache(join(directory, "cache"));
  return createManifestFetcher({ openSource, cache, pullLimit: () => undefined, jobs: 2 });
}

test("fetchAll() asks one repository where that has the manifest", async () => {
  const fetcher = await createFetcher([]);

  await fetcher.fetchAll(WANTED);

  expect(asked).toEqual(["gone"]);
  expect([...fetcher.manifests.keys()]).toEqual([IMAGE.descriptor.digest]);
  expect(fetcher.pulls()).toEqual([{ registry: "r.io", needed: 1 }]);
});

test("fetchAll() asks the next repository for what the first one has lost", async () => {
  const fetcher = await createFetcher(["gone"]);

  await fetcher.fetchAll(WANTED);

  expect(asked).toEqual(["gone", "kept"]);
  expect(fetcher.failures.size).toBe(0);
});

test("fetchAll() keeps why the last repository failed", async () => {
  const fetcher = await createFetcher(["gone", "kept"]);

  await fetcher.fetchAll(WANTED);

  expect(fetcher.manifests.size).toBe(0);
  expect(fetcher.failures.get(IMAGE.descriptor.digest)?.message).toBe("not in kept");
});
