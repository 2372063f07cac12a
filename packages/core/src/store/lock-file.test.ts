import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readFile, readlink, rm, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { tryLock } from "./lock-file.ts";

let directory: string;
let path: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "lock-"));
  path = join(directory, "out.tar.lock");
});

afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

/** What the lock of another process says. */
async function leave(content: Readonly<Record<string, unknown>>): Promise<void> {
  const space = await readlink("/proc/self/ns/pid").catch(() => "");
  await writeFile(path, JSON.stringify({ host: hostname(), began: "", space, ...content }));
}

async function take(): Promise<() => Promise<void>> {
  const attempt = await tryLock(path);
  if ("holder" in attempt) throw new Error(`held by ${attempt.holder?.pid}`);
  return attempt.release;
}

test("row 108: tryLock() tells who has a lock, until it is given back", async () => {
  const release = await take();

  expect(await tryLock(path)).toMatchObject({ holder: { pid: process.pid, host: hostname(), isNear: true } });

  await release();
  await (await take())();
  expect(await readdir(directory)).toEqual([]);
});

test("a process that has ended has no lock", async () => {
  const child = spawn("true");
  await once(child, "exit");
  await leave({ pid: child.pid });

  await (await take())();
});

test("a process that has got the number of one that had the lock does not have it", async () => {
  await leave({ pid: process.pid, began: "another boot 1" });

  await (await take())();
});

test("nothing is known of another machine's processes", async () => {
  await leave({ pid: 1, host: "elsewhere.example" });

  expect(await tryLock(path)).toMatchObject({ holder: { pid: 1, host: "elsewhere.example", isNear: false } });
});

test("nothing is known of another container's processes, whatever their host is called", async () => {
  await leave({ pid: 999_999_999, space: "pid:[1]" });

  expect(await tryLock(path)).toMatchObject({ holder: { pid: 999_999_999, isNear: false } });
});

test.each(["", "{", "\0\0\0", '{"pid":4711,"host":"ho'])(
  "what a process has not written in full is no lock: %j",
  async (text) => {
    await writeFile(path, text);

    await (await take())();
  },
);

test.each(["my notes", "[]", '{"pid":"1"}', `{"pid":1${" ".repeat(5000)}`])(
  "what nobody wrote as a lock stays: %j",
  async (text) => {
    await writeFile(path, text);

    expect(await tryLock(path)).toEqual({ holder: undefined });
    expect(await readFile(path, "utf8")).toBe(text);
  },
);

test("a lock that cannot be read stays", async () => {
  await mkdir(path);

  expect(await tryLock(path)).toEqual({ holder: undefined });
});

test("a lock that was removed is given back by whoever has it by now", async () => {
  const release = await take();
  await rm(path);
  const releaseOther = await take();

  await release();

  expect(await readdir(directory)).toEqual(["out.tar.lock"]);
  await releaseOther();
  expect(await readdir(directory)).toEqual([]);
});

test("of many at once one gets the lock", async () => {
  await leave({ pid: process.pid, began: "long ago" });

  const attempts = await Promise.all(Array.from({ length: 20 }, async () => await tryLock(path)));

  expect(attempts.filter((attempt) => "release" in attempt)).toHaveLength(1);
  expect(JSON.parse(await readFile(path, "utf8"))).toMatchObject({ pid: process.pid });
});
