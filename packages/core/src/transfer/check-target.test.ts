import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createRegistries, type MemoryRegistries, writeBundle } from "../../../../test/support/bundles.ts";
import { makeImage, putManifest } from "../../../../test/support/images.ts";
import { type OpenedBundle, openBundle } from "../bundle/open-bundle.ts";
import { importBundle } from "./import-bundle.ts";
import type { ImportOptions } from "./import-options.ts";
import { planImport } from "./plan-import.ts";

const APP = makeImage(["app"]);
const BASE = makeImage(["base"]);
const OLD = makeImage(["old app"]);
/** What the tag stands for at the target before. */
const previousDigest = OLD.descriptor.digest;

let directory: string;
let bundle: OpenedBundle;
let registries: MemoryRegistries;
const old = { registry: "registry.internal", repository: "app" };

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "target-"));
  const path = join(directory, "out.tar");
  await writeBundle(path, [
    ["r.io/app:1", APP],
    ["r.io/base:1", BASE],
  ]);
  bundle = await openBundle(path);
  registries = await createRegistries();
  await putManifest(registries.openRepository(old), OLD, "1");
});

afterEach(async () => {
  await bundle.close();
  await rm(directory, { recursive: true, force: true });
});

async function run(options: Partial<ImportOptions>): ReturnType<typeof importBundle> {
  return await importBundle(bundle, planImport(bundle.document), {
    openRepository: ({ target }) => registries.openRepository(target),
    jobs: 2,
    ...options,
  });
}

describe("row 79: a tag that stands for something else", () => {
  test.each([
    ["skip", { status: "skipped", previousDigest, message: `The tag stands for ${previousDigest}` }],
    ["fail", { status: "failed", previousDigest, code: "TAG_EXISTS" }],
  ] as const)("is left alone with %s, and nothing of its image is sent", async (onExistingTag, expected) => {
    const dry = await run({ onExistingTag, isDryRun: true });
    const { images } = await run({ onExistingTag });

    expect(dry.images).toMatchObject([expected, { status: "planned" }]);
    expect(images).toMatchObject([expected, { status: "pushed" }]);
    const app = registries.openRepository(old);
    expect(await app.resolve("1")).toEqual(OLD.descriptor);
    for (const { descriptor } of APP.blobs.slice(1))
      expect(await app.statBlob(descriptor.digest)).toBeUndefined();
  });

  test.each([
    ["skip", { status: "skipped", previousDigest }],
    ["fail", { status: "failed", previousDigest, code: "TAG_EXISTS" }],
  ] as const)(
    "is left alone with %s, too, if it came while its image was sent",
    async (onExistingTag, expected) => {
      const base = registries.openRepository({ registry: "registry.internal", repository: "base" });
      const { images } = await run({
        onExistingTag,
        openRepository: ({ target }) => {
          const repository = registries.openRepository(target);
          return {
            ...repository,
            putBlob: async (...blob) => {
              if (target.repository === "base") await putManifest(base, OLD, "1");
              return await repository.putBlob(...blob);
            },
          };
        },
      });

      expect(images[1]).toMatchObject(expected);
      expect(await base.resolve("1")).toEqual(OLD.descriptor);
    },
  );

  test("is moved if nothing is said, and what it stood for is told", async () => {
    const { images } = await run({});

    expect(images).toMatchObject([{ status: "pushed", previousDigest }, { status: "pushed" }]);
    expect(await registries.openRepository(old).resolve("1")).toEqual(APP.descriptor);
  });

  test.each(["skip", "fail"] as const)("is no tag that is right already: with %s", async (onExistingTag) => {
    await run({});

    const { images } = await run({ onExistingTag });

    expect(images.map(({ status }) => status)).toEqual(["unchanged", "unchanged"]);
  });
});
