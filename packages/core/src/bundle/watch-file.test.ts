import { appendFile, mkdtemp, rm, truncate, utimes } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createRegistries, writeBundle } from "../../../../test/support/bundles.ts";
import { makeImage } from "../../../../test/support/images.ts";
import { importBundle } from "../transfer/import-bundle.ts";
import { planImport } from "../transfer/plan-import.ts";
import { READ_SIZE } from "./file.ts";
import { type OpenedBundle, openBundle } from "./open-bundle.ts";

const IMAGE = makeImage(["x".repeat(3 * READ_SIZE), "small"]);
const LAYER = IMAGE.blobs[1]?.descriptor ?? IMAGE.descriptor;

let directory: string;
let path: string;
let bundle: OpenedBundle;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "watch-"));
  path = join(directory, "out.tar");
  await writeBundle(path, [["r.io/app:1", IMAGE]]);
  bundle = await openBundle(path);
});

afterEach(async () => {
  await bundle.close();
  await rm(directory, { recursive: true, force: true });
});

const CHANGES: readonly (readonly [string, () => Promise<void>])[] = [
  ["longer", async () => await appendFile(path, "more")],
  ["shorter", async () => await truncate(path, READ_SIZE)],
  ["another by its time", async () => await utimes(path, new Date(0), new Date(0))],
];
const expected = {
  code: "FILE_FAILED",
  message: expect.stringContaining("it has changed while it was read"),
};

describe("row 110: a bundle that changes while it is open", () => {
  test.each(CHANGES)("is not read any more: %s", async (_what, change) => {
    await change();

    const chunks = bundle.openBlob(LAYER)[Symbol.asyncIterator]();

    await expect(chunks.next()).rejects.toMatchObject(expected);
  });

  test.each(CHANGES)("gives no blob to its end that was being read: %s", async (_what, change) => {
    let size = 0;
    const read = async (): Promise<void> => {
      for await (const chunk of bundle.openBlob(LAYER)) {
        if (size === 0) await change();
        size += chunk.length;
      }
    };

    await expect(read()).rejects.toMatchObject(expected);
    expect(size).toBeLessThan(LAYER.size);
  });

  test("stops an import, which names it", async () => {
    const registries = await createRegistries();
    const target = registries.openRepository({ registry: "registry.internal", repository: "app" });
    const pushed = importBundle(bundle, planImport(bundle.document), {
      openRepository: () => ({
        ...target,
        checkPush: async () => await appendFile(path, "more"),
      }),
      jobs: 1,
    });

    await expect(pushed).rejects.toMatchObject({ ...expected, message: expect.stringContaining(path) });
    expect(await target.resolve("1")).toBeUndefined();
  });
});
