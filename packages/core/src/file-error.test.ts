import { mkdtemp, open, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { isNoSpace, toFileError, toHandleError } from "./file-error.ts";

/** What an open file fails with when its size is set. */
async function failTruncate(flags: string, size: number): Promise<unknown> {
  const directory = await mkdtemp(join(tmpdir(), "file-error-"));
  onTestFinished(async () => await rm(directory, { recursive: true }));
  const path = join(directory, "file");
  await writeFile(path, "");
  const handle = await open(path, flags);
  try {
    return await handle.truncate(size).catch((error: unknown) => error);
  } finally {
    await handle.close();
  }
}

test("toHandleError() names the file in errors of an open one, which do not", async () => {
  const error = await failTruncate("r", 1);

  expect(toFileError(error, "out.tar")).toBe(error);
  expect(toHandleError(error, "out.tar")).toMatchObject({
    code: "FILE_FAILED",
    message: 'Cannot use "out.tar": the file system does not do this (EINVAL)',
    cause: error,
  });
});

test("toHandleError() tells that a file may not be so large", async () => {
  const error = await failTruncate("r+", Number.MAX_SAFE_INTEGER);

  expect(error).toMatchObject({ code: "EFBIG" });
  expect(isNoSpace(error)).toBe(true);
  expect(toHandleError(error, "out.tar")).toMatchObject({
    code: "NO_SPACE",
    message: 'Cannot write "out.tar": a file of this size is not allowed (EFBIG)',
    hint: expect.any(String),
  });
});

test("toHandleError() leaves what came from no system call", () => {
  const error = new TypeError("no");

  expect(toHandleError(error, "out.tar")).toBe(error);
});
