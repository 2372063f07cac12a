import { execFileSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openFile } from "./file.ts";

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "file-"));
});

afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

test("openFile() refuses a directory", async () => {
  await expect(openFile(directory)).rejects.toMatchObject({
    code: "USAGE",
    message: expect.stringContaining("it is a directory"),
  });
});

test("openFile() refuses a pipe at once, though nobody writes into it", async () => {
  const pipe = join(directory, "pipe");
  execFileSync("mkfifo", [pipe]);

  await expect(openFile(pipe)).rejects.toMatchObject({
    code: "USAGE",
    hint: expect.stringContaining("saved first"),
  });
});
