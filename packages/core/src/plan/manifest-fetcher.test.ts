import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createRegistries } from "../../../../test/support/bundles.ts";
import { makeImage } from "../../../../test/support/images.ts";
import { BundleError } from "../error.ts";
import { MEDIA_TYPES } from "../media-types.ts";
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
  expect(fetcher.failureOf(IMAGE.descriptor)).toBeUndefined();
});

test("fetchAll() keeps why the last repository failed", async () => {
  const fetcher = await createFetcher(["gone", "kept"]);

  await fetcher.fetchAll(WANTED);

  expect(fetcher.manifests.size).toBe(0);
  expect(fetcher.failureOf(IMAGE.descriptor)?.message).toBe("not in kept");
});

test("fetchAll() asks a repository that is named later for what others have lost, and no repository twice", async () => {
  const fetcher = await createFetcher(["gone"]);

  await fetcher.fetchAll(WANTED.slice(0, 1));
  await fetcher.fetchAll(WANTED.slice(0, 1));
  expect(fetcher.failureOf(IMAGE.descriptor)?.message).toBe("not in gone");
  expect(fetcher.unseen(WANTED)).toEqual(WANTED.slice(1));
  await fetcher.fetchAll(WANTED);

  expect(asked).toEqual(["gone", "kept"]);
  expect(fetcher.failureOf(IMAGE.descriptor)).toBeUndefined();
  expect(fetcher.unseen(WANTED)).toEqual([]);
});

test.each([
  ["size", { size: 1 }, "SIZE_INVALID"],
  ["kind", { mediaType: MEDIA_TYPES.ociIndex }, "MANIFEST_INVALID"],
  ["type", { mediaType: "text/plain" }, "MANIFEST_INVALID"],
])(
  "fetchAll() fails who names a wrong %s, before and beside and behind another",
  async (_what, wrong, code) => {
    const [honest] = WANTED;
    const lying = {
      descriptor: { ...IMAGE.descriptor, ...wrong },
      from: { registry: "r.io", repository: "kept" },
    };
    for (const rounds of [[[lying], [honest]], [[lying, honest]], [[honest, lying]], [[honest], [lying]]]) {
      await rm(directory, { recursive: true, force: true });
      const fetcher = await createFetcher([]);

      for (const round of rounds) await fetcher.fetchAll(round.filter((one) => one !== undefined));

      expect(fetcher.failureOf(lying.descriptor)).toMatchObject({ code });
      expect(fetcher.failureOf(IMAGE.descriptor)).toBeUndefined();
      expect(fetcher.manifests.get(IMAGE.descriptor.digest)?.kind).toBe("image");
    }
  },
);
