import { mkdtemp, open, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from "vitest";
import type { TransferEvent } from "../events.ts";
import { digestOf } from "../hash.ts";
import { beginJournal, readJournal } from "./journal.ts";
import { discardPartialFile, takeUpRest } from "./rest-file.ts";

const DIGEST = digestOf("rest");

let directory: string;
let path: string;
let partial: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "rest-"));
  path = join(directory, "out.tar");
  partial = `${path}.partial`;
});

afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

/** A file, with a journal that says `size` of it. */
async function leave(file: string, size: number): Promise<void> {
  await writeFile(file, file);
  await leaveJournal(file, size);
}

async function leaveJournal(file: string, size: number): Promise<void> {
  const entry = { offset: 0, checkpoints: [{ end: size, hash: "" }] };
  await (await beginJournal(`${file}.journal`, new Map([[DIGEST, entry]]))).close();
}

/** Whose bytes the unfinished file has, and what its journal says. */
async function found(): Promise<readonly unknown[]> {
  const noted = (await readJournal(`${partial}.journal`))?.get(DIGEST)?.checkpoints[0]?.end;
  return [await readFile(partial, "utf8"), noted];
}

const UNFINISHED = ["out.tar.partial", "out.tar.partial.journal"];

test("takeUpRest() leaves an unfinished file that was being put aside", async () => {
  await leave(partial, 1);
  await leave(`${partial}.rest`, 2);

  await takeUpRest(partial);

  expect(await found()).toEqual([partial, 1]);
  expect(await readdir(directory)).toEqual(UNFINISHED);
});

test("takeUpRest() leaves an unfinished file that was about to be put aside", async () => {
  await leave(partial, 1);
  await leaveJournal(`${partial}.rest`, 2);

  await takeUpRest(partial);

  expect(await found()).toEqual([partial, 1]);
  expect(await readdir(directory)).toEqual(UNFINISHED);
});

test.each([
  ["bundle", false],
  ["journal", true],
])(
  "takeUpRest() takes up what a run left that died after its %s had got its name",
  async (_what, isRenamed) => {
    await leaveJournal(partial, 1);
    await leave(`${partial}.rest`, 2);
    if (isRenamed) await rename(`${partial}.rest.journal`, `${partial}.journal`);

    await takeUpRest(partial);

    expect(await found()).toEqual([`${partial}.rest`, 2]);
    expect(await readdir(directory)).toEqual(UNFINISHED);
  },
);

test("takeUpRest() puts what was put aside behind an unfinished file that has been cut since", async () => {
  await writeFile(partial, "the bundle");
  await leaveJournal(partial, 100);
  await writeFile(`${partial}.rest`, "the rest");
  await leaveJournal(`${partial}.rest`, 8);

  await takeUpRest(partial);

  expect(await readFile(partial, "utf8")).toBe("the bundlethe rest");
  const noted = await readJournal(`${partial}.journal`);
  expect(noted?.get(DIGEST)).toEqual({ offset: 10, checkpoints: [{ end: 8, hash: "" }] });
  expect(await readdir(directory)).toEqual(UNFINISHED);
});

test("takeUpRest() goes on without what there is no room to put back, and tells it", async () => {
  await writeFile(partial, "the bundle");
  await leaveJournal(partial, 100);
  await writeFile(`${partial}.rest`, "the rest");
  await leaveJournal(`${partial}.rest`, 8);
  const handle = await open(partial);
  await handle.close();
  const full = Object.assign(new Error("ENOSPC: write"), { code: "ENOSPC", syscall: "write" });
  const write = vi.spyOn(Object.getPrototypeOf(handle), "write").mockRejectedValue(full);
  onTestFinished(() => write.mockRestore());
  const events: TransferEvent[] = [];

  await takeUpRest(partial, { onEvent: (event) => events.push(event) });

  expect(events).toMatchObject([{ code: "PARTIAL_DROPPED", message: expect.stringContaining("no space") }]);
  expect(await readFile(partial, "utf8")).toBe("the bundle");
  expect(await readdir(directory)).toEqual(UNFINISHED);
});

test("takeUpRest() can be stopped while it puts back, and loses nothing then", async () => {
  await writeFile(partial, "the bundle");
  await leaveJournal(partial, 100);
  await writeFile(`${partial}.rest`, "the rest");
  await leaveJournal(`${partial}.rest`, 8);

  const stopped = takeUpRest(partial, { signal: AbortSignal.abort(new Error("stopped")) });

  await expect(stopped).rejects.toThrow("stopped");
  expect(await readFile(partial, "utf8")).toBe("the bundle");
  expect(await readdir(directory)).toHaveLength(4);
});

test("takeUpRest() takes nothing from what was not put aside in full", async () => {
  await writeFile(partial, "a part");
  await leaveJournal(partial, 100);
  await writeFile(`${partial}.rest`, "the r");
  await leaveJournal(`${partial}.rest`, 8);

  await takeUpRest(partial);

  expect(await found()).toEqual(["a part", 100]);
  expect(await readdir(directory)).toEqual(UNFINISHED);
});

test("discardPartialFile() tells of nothing where only a journal is left", async () => {
  await leaveJournal(partial, 100);
  const events: TransferEvent[] = [];

  await discardPartialFile(path, (event) => events.push(event));

  expect(events).toEqual([]);
  expect(await readdir(directory)).toEqual([]);
});

test("takeUpRest() and discardPartialFile() leave what is somebody else's", async () => {
  await writeFile(`${partial}.rest`, "a letter");
  await takeUpRest(partial);
  await writeFile(partial, "another letter");

  await takeUpRest(partial);
  await discardPartialFile(path, undefined);

  expect(await readdir(directory)).toEqual(["out.tar.partial", "out.tar.partial.rest"]);
});
