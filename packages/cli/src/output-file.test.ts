import { writeFileSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { platform, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { toOutputError } from "./output-error.ts";
import { type OutputFile, writeOutputFile } from "./output-file.ts";

let directory: string;

function fileAt(name: string): OutputFile {
  return { path: join(directory, name), kind: "plan", flag: "-o", others: [] };
}

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "output-file-"));
});

afterEach(async () => {
  await rm(directory, { recursive: true });
});

test("writeOutputFile() replaces a file and leaves nothing beside it", async () => {
  writeOutputFile(fileAt("plan.json"), "old");
  writeOutputFile(fileAt("plan.json"), "new");

  expect(await readFile(join(directory, "plan.json"), "utf8")).toBe("new");
  expect(await readdir(directory)).toEqual(["plan.json"]);
});

test("writeOutputFile() leaves nothing where it fails", async () => {
  await mkdir(join(directory, "plan.json"));

  expect(() => writeOutputFile(fileAt("plan.json"), "new")).toThrow("it is a directory");
  expect(await readdir(directory)).toEqual(["plan.json"]);
});

test.skipIf(platform() !== "linux")("a full disk is NO_SPACE", () => {
  let error: unknown;
  try {
    writeFileSync("/dev/full", "x");
  } catch (thrown) {
    error = toOutputError(fileAt("plan.json"), thrown);
  }

  expect(error).toMatchObject({
    code: "NO_SPACE",
    message: `Cannot write -o ${join(directory, "plan.json")}: no space is left`,
    hint: "Name a file elsewhere with -o, or make room there",
  });
});
