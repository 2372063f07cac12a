import { execFileSync } from "node:child_process";
import { linkSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { readSmallFile, replaceSmallFile } from "./small-file.ts";

let directory: string;
let path: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "small-"));
  path = join(directory, "sha256", "abc");
  onTestFinished(() => rmSync(directory, { recursive: true }));
});

test("a file is made with its directory, and read as far as is wanted", async () => {
  await replaceSmallFile(path, Buffer.from("content"));

  expect(readSmallFile(path, 100).toString()).toBe("content");
  expect(readSmallFile(path, 4).toString()).toBe("cont");
  expect(readdirSync(join(directory, "sha256"))).toEqual(["abc"]);
});

test("a file is replaced, not written over: who reads the old one has all of it", async () => {
  await replaceSmallFile(path, Buffer.from("old"));
  const old = join(directory, "old");
  linkSync(path, old);

  await replaceSmallFile(path, Buffer.from("new content"));

  expect(readFileSync(path, "utf8")).toBe("new content");
  expect(readFileSync(old, "utf8")).toBe("old");
});

test("where nothing can be put in the place nothing is left beside it", async () => {
  mkdirSync(join(path, "inside"), { recursive: true });

  await expect(replaceSmallFile(path, Buffer.from("content"))).rejects.toMatchObject({ code: "FILE_FAILED" });
  expect(readdirSync(join(directory, "sha256"))).toEqual(["abc"]);
  expect(() => readSmallFile(path, 10)).toThrow("EISDIR");
});

test("a directory that is removed meanwhile is made again", async () => {
  mkdirSync(join(directory, "sha256"));
  const writing = replaceSmallFile(path, Buffer.from("content"));
  rmSync(join(directory, "sha256"), { recursive: true });

  await writing;

  expect(readdirSync(join(directory, "sha256"))).toEqual(["abc"]);
});

test("a pipe is not waited for", () => {
  const pipe = join(directory, "pipe");
  execFileSync("mkfifo", [pipe]);

  expect(readSmallFile(pipe, 10)).toHaveLength(0);
});

test("what is not there cannot be read, and where there can be no directory nothing is written", async () => {
  writeFileSync(join(directory, "sha256"), "a file");

  expect(() => readSmallFile(path, 10)).toThrow("ENOTDIR");
  await expect(replaceSmallFile(path, Buffer.from("content"))).rejects.toMatchObject({ code: "FILE_FAILED" });
});
