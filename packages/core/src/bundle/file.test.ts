import { execFileSync } from "node:child_process";
import { type FileHandle, mkdtemp, open, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openFile, writeExactly } from "./file.ts";

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

test("row 111: writeExactly() goes on where the system has written less than it was given", async () => {
  const path = join(directory, "short");
  const handle = await open(path, "w");
  const short: FileHandle = Object.create(handle, {
    write: {
      value: async (content: Uint8Array, offset: number, length: number, position: number) =>
        await handle.write(content, offset, Math.min(length, 3), position),
    },
  });

  await writeExactly(short, Buffer.from("0123456789"), 2);

  await handle.close();
  expect(await readFile(path, "latin1")).toBe("\0\u00000123456789");
});
