import { mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { makeImage, planOf } from "../../../../test/support/images.ts";
import { createBundleFile } from "./bundle-file.ts";
import { composeBundle } from "./compose-bundle.ts";

const { images, manifests } = planOf([["redis:7", makeImage(["base", "redis"])]]);
const BUNDLE = composeBundle(images, manifests, { createdBy: "test" });

let directory: string;
let path: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "foreign-"));
  path = join(directory, "out.tar");
});

afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

test("what is left of a journal that was being written is in nobody's way", async () => {
  await writeFile(`${path}.partial.journal.new`, "half a");

  const file = await createBundleFile(path, BUNDLE);
  await file.close();

  expect(await readdir(directory)).toEqual([]);
});

test("somebody else's file is not written over", async () => {
  await writeFile(`${path}.partial`, "a letter");

  await expect(createBundleFile(path, BUNDLE)).rejects.toMatchObject({ code: "OUTPUT_EXISTS" });

  expect(await readFile(`${path}.partial`, "utf8")).toBe("a letter");
});

test("somebody else's file in the place of the journal is not written over", async () => {
  await writeFile(`${path}.partial.journal`, "a letter");

  await expect(createBundleFile(path, BUNDLE)).rejects.toMatchObject({
    code: "OUTPUT_EXISTS",
    message: expect.stringContaining("out.tar.partial.journal: it is there"),
  });

  expect(await readFile(`${path}.partial.journal`, "utf8")).toBe("a letter");
});

test("a link in the place of the file is not followed", async () => {
  const other = join(directory, "other");
  await writeFile(other, "");
  await symlink(other, `${path}.partial`);

  await expect(createBundleFile(path, BUNDLE)).rejects.toMatchObject({
    code: "FILE_FAILED",
    message: expect.stringContaining("it is a link"),
  });

  expect((await stat(other)).size).toBe(0);
  // With a journal beside it another file would be taken for ours.
  expect(await readdir(directory)).toEqual(["other", "out.tar.partial"]);
});
