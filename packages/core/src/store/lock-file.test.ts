import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
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

async function take(): Promise<() => Promise<void>> {
  const attempt = await tryLock(path);
  if ("holder" in attempt) throw new Error(`held by ${attempt.holder.pid}`);
  return attempt.release;
}

test("row 108: tryLock() tells who has a lock, until it is given back", async () => {
  const release = await take();

  expect(await tryLock(path)).toMatchObject({ holder: { pid: process.pid, host: hostname() } });

  await release();
  await (await take())();
  expect(await readdir(directory)).toEqual([]);
});

test("a process that has ended has no lock", async () => {
  const child = spawn("true");
  await once(child, "exit");
  await writeFile(path, JSON.stringify({ pid: child.pid, host: hostname(), began: "" }));

  await (await take())();
});

test("a process that has got the number of one that had the lock does not have it", async () => {
  await writeFile(path, JSON.stringify({ pid: process.pid, host: hostname(), began: "another boot 1" }));

  await (await take())();
});

test("nothing is known of another machine's processes", async () => {
  await writeFile(path, JSON.stringify({ pid: 1, host: "elsewhere.example", began: "" }));

  expect(await tryLock(path)).toMatchObject({ holder: { pid: 1, host: "elsewhere.example" } });
});

test.each(["", "{", "[]", '{"pid":"1"}'])(
  "what a process has not written in full is no lock: %j",
  async (text) => {
    await writeFile(path, text);

    await (await take())();
  },
);

test("of many at once one gets the lock", async () => {
  await writeFile(path, JSON.stringify({ pid: process.pid, host: hostname(), began: "long ago" }));

  const attempts = await Promise.all(Array.from({ length: 20 }, async () => await tryLock(path)));

  expect(attempts.filter((attempt) => "release" in attempt)).toHaveLength(1);
  expect(JSON.parse(await readFile(path, "utf8"))).toMatchObject({ pid: process.pid });
});
