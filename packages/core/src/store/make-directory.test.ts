import { mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { platform, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { makeDirectory } from "./make-directory.ts";

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "make-directory-"));
});

afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

test("makeDirectory() makes all that is missing, and leaves what is there", async () => {
  const path = join(directory, "a", "b", "c");

  await makeDirectory(path);
  await writeFile(join(path, "kept"), "");
  await Promise.all([makeDirectory(path), makeDirectory(join(path, "d")), makeDirectory(join(path, "d"))]);

  expect((await readdir(path)).sort()).toEqual(["d", "kept"]);
});

test.each(["file", "file/below", "link", "link/below"])("makeDirectory() fails at %s", async (name) => {
  await writeFile(join(directory, "file"), "");
  await symlink(join(directory, "nowhere"), join(directory, "link"));

  await expect(makeDirectory(join(directory, name))).rejects.toMatchObject({
    code: expect.stringMatching(/^(?:EEXIST|ENOTDIR)$/),
    path: expect.stringContaining(directory),
  });
});

test.skipIf(platform() !== "linux")(
  "makeDirectory() ends where everything is said to be missing",
  async () => {
    await expect(makeDirectory("/proc/missing/below")).rejects.toMatchObject({ code: "ENOENT" });
  },
);
