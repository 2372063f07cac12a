import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createRegistries, writeBundle } from "../../../../test/support/bundles.ts";
import { makeImage, makeIndex, putManifest } from "../../../../test/support/images.ts";
import { type OpenedBundle, openBundle } from "../bundle/open-bundle.ts";
import { BundleError } from "../error.ts";
import type { Repository } from "../repository.ts";
import { putWholeManifest } from "./put-whole-manifest.ts";

const IMAGE = makeImage(["base", "redis"]);
const INDEX = makeIndex([IMAGE]);
const [CONFIG = "", LAYER = ""] = IMAGE.blobs.map(({ descriptor }) => descriptor.digest);

let directory: string;
let bundle: OpenedBundle;
let repository: Repository;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "put-whole-"));
  await writeBundle(join(directory, "out.tar"), [["r.io/redis:7", INDEX]]);
  bundle = await openBundle(join(directory, "out.tar"));
});

afterAll(async () => {
  await bundle.close();
  await rm(directory, { recursive: true });
});

beforeEach(async () => {
  const registries = await createRegistries();
  repository = registries.openRepository({ registry: "r.internal", repository: "redis" });
  await putManifest(repository, INDEX);
});

/** The repository as one that once says it lacks these, and counts what it is sent. */
function forget(digests: readonly string[], isNamed: boolean): { sent: string[]; forgetful: Repository } {
  const sent: string[] = [];
  const gone = new Set(digests);
  const forgetful: Repository = {
    ...repository,
    statBlob: async (digest, options) =>
      gone.has(digest) ? undefined : await repository.statBlob(digest, options),
    resolve: async (reference, options) =>
      gone.has(reference) ? undefined : await repository.resolve(reference, options),
    async putBlob(descriptor, open, options) {
      sent.push(descriptor.digest);
      gone.delete(descriptor.digest);
      return await repository.putBlob(descriptor, open, options);
    },
    async putManifest(descriptor, content, options) {
      if (gone.has(descriptor.digest)) gone.delete(descriptor.digest);
      else if (gone.size > 0)
        throw new BundleError("MANIFEST_BLOB_UNKNOWN", "Cannot push", isNamed ? { digests } : {});
      sent.push(descriptor.digest);
      await repository.putManifest(descriptor, content, options);
    },
  };
  return { sent, forgetful };
}

describe("putWholeManifest()", () => {
  test.each([
    ["names", true],
    ["does not name", false],
  ])("sends anew what the registry has lost and %s", async (_what, isNamed) => {
    const { sent, forgetful } = forget([LAYER], isNamed);

    await putWholeManifest(bundle, IMAGE.descriptor, forgetful, { tag: "7" });

    expect(sent).toEqual([LAYER, IMAGE.descriptor.digest]);
    expect(await repository.resolve("7")).toEqual(IMAGE.descriptor);
  });

  test.each([true, false])(
    "row 82: sends anew a child that was collected as garbage, named: %j",
    async (isNamed) => {
      const { sent, forgetful } = forget([IMAGE.descriptor.digest], isNamed);

      await putWholeManifest(bundle, INDEX.descriptor, forgetful, {});

      expect(sent).toEqual([IMAGE.descriptor.digest, INDEX.descriptor.digest]);
    },
  );

  test.each([
    ["the bundle does not have it either", ["sha256:0"], true],
    ["the registry has it when asked", ["sha256:0"], false],
  ])("fails as the registry did where %s", async (_what, digests, isNamed) => {
    const { sent, forgetful } = forget(digests, isNamed);

    await expect(putWholeManifest(bundle, IMAGE.descriptor, forgetful, {})).rejects.toMatchObject({
      code: "MANIFEST_BLOB_UNKNOWN",
    });
    expect(sent).toEqual([]);
  });

  test("asks what is lost only as long as nobody gives up", async () => {
    const { forgetful } = forget([LAYER], false);
    const signals: unknown[] = [];
    const { signal } = new AbortController();

    await putWholeManifest(
      bundle,
      IMAGE.descriptor,
      {
        ...forgetful,
        statBlob: async (digest, options) => {
          signals.push(options?.signal);
          return await forgetful.statBlob(digest, options);
        },
      },
      { signal },
    );

    expect(signals).toEqual(IMAGE.blobs.map(() => signal));
  });

  test("says what to do about a blob that is damaged when it is sent anew", async () => {
    const { forgetful } = forget([LAYER], true);
    const putBlob = async (): Promise<never> => {
      throw new BundleError("DIGEST_INVALID", "Cannot accept it");
    };

    await expect(
      putWholeManifest(bundle, IMAGE.descriptor, { ...forgetful, putBlob }, {}),
    ).rejects.toMatchObject({ code: "DIGEST_INVALID", hint: expect.stringContaining("bundle verify") });
  });

  test("fails at the second refusal", async () => {
    const { sent, forgetful } = forget([CONFIG, "sha256:0"], true);

    await expect(putWholeManifest(bundle, IMAGE.descriptor, forgetful, {})).rejects.toMatchObject({
      code: "MANIFEST_BLOB_UNKNOWN",
    });
    expect(sent).toEqual([CONFIG]);
  });
});
