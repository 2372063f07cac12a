import { execFile } from "node:child_process";
import { mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { promisify } from "node:util";
import { extract, type Header } from "tar-stream";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  decodeTarHeader,
  encodeTarHeader,
  roundUpToBlock,
  TAR_BLOCK_SIZE,
  TAR_END_SIZE,
} from "./tar-header.ts";

const run = promisify(execFile);
const GIB = 2 ** 30;
const SHA512_NAME = `blobs/sha512/${"0123456789abcdef".repeat(8)}`;
const FILES: readonly (readonly [name: string, size: number])[] = [
  ["oci-layout", 30],
  ["empty", 0],
  [`blobs/sha256/${"f".repeat(64)}`, 513],
  ["a".repeat(100), 512],
  ["b".repeat(101), 7],
  [SHA512_NAME, 1000],
];

let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "tar-"));
});

afterAll(async () => {
  await rm(directory, { recursive: true, force: true });
});

function tarOf(files: typeof FILES): Buffer {
  const entries = files.flatMap(([name, size]) => [
    encodeTarHeader(name, size),
    Buffer.alloc(roundUpToBlock(size)),
  ]);
  return Buffer.concat([...entries, Buffer.alloc(TAR_END_SIZE)]);
}

async function readWithTarStream(archive: Buffer): Promise<Header[]> {
  const headers: Header[] = [];
  for await (const entry of Readable.from([archive]).pipe(extract())) {
    headers.push(entry.header);
    entry.resume();
  }
  return headers;
}

async function readFirstWithTarStream(archive: Buffer): Promise<Header | undefined> {
  for await (const { header } of Readable.from([archive]).pipe(extract())) return header;
  return undefined;
}

/** A file with this header and a hole in place of the content: it takes no space. */
async function writeSparse(path: string, name: string, size: number): Promise<void> {
  const header = encodeTarHeader(name, size);
  const file = await open(path, "w");
  await file.write(header, 0, header.length, 0);
  await file.truncate(header.length + roundUpToBlock(size) + TAR_END_SIZE);
  await file.close();
}

test("tar-stream reads the headers", async () => {
  const headers = await readWithTarStream(tarOf(FILES));

  expect(headers.map(({ name, size }) => [name, size])).toEqual(FILES);
  for (const header of headers) {
    expect(header).toMatchObject({ mode: 0o644, uid: 0, gid: 0, type: "file", uname: "", gname: "" });
    expect(header.mtime).toEqual(new Date(0));
  }
});

test("tar reads the headers", async () => {
  const path = join(directory, "small.tar");
  const file = await open(path, "w");
  await file.write(tarOf(FILES));
  await file.close();

  const { stdout, stderr } = await run("tar", ["tvf", path], {
    env: { ...process.env, TZ: "UTC", LC_ALL: "C" },
  });

  const rows = stdout
    .trimEnd()
    .split("\n")
    .map((line) => line.split(/\s+/));
  expect(rows.map(([, , size, , , name]) => [name, Number(size)])).toEqual(FILES);
  expect(new Set(rows.map(([mode, owner, , day]) => `${mode} ${owner} ${day}`))).toEqual(
    new Set(["-rw-r--r-- 0/0 1970-01-01"]),
  );
  expect(stderr).toBe("");
});

test.each([8 * GIB - 1, 8 * GIB, 100 * GIB])("tar and tar-stream read a size of %i bytes", async (size) => {
  const path = join(directory, "large.tar");
  await writeSparse(path, SHA512_NAME, size);

  const { stdout } = await run("tar", ["tvf", path]);
  const header = await readFirstWithTarStream(encodeTarHeader(SHA512_NAME, size));

  expect(stdout).toContain(` ${size} `);
  expect(stdout).toContain(SHA512_NAME);
  expect(header).toMatchObject({ name: SHA512_NAME, size });
});

describe("encodeTarHeader()", () => {
  test.each([
    [8 * GIB - 1, "3737373737373737373737"],
    [8 * GIB, "800000000000000200000000"],
    [Number.MAX_SAFE_INTEGER, "80000000001fffffffffffff"],
  ])("writes %i in octal as long as it fits, then in base 256", (size, hex) => {
    expect(encodeTarHeader("name", size).toString("hex", 124, 136)).toMatch(new RegExp(`^${hex}(00)?$`));
  });

  test("has a right checksum in every block", () => {
    const header = encodeTarHeader(SHA512_NAME, 5);

    for (const start of [0, 2 * TAR_BLOCK_SIZE]) {
      const block = Buffer.from(header.subarray(start, start + TAR_BLOCK_SIZE));
      const checksum = Number.parseInt(block.toString("latin1", 148, 154), 8);
      block.fill(" ", 148, 156);
      expect(block.reduce((sum, byte) => sum + byte, 0)).toBe(checksum);
    }
  });

  test("puts a name over 100 bytes into one pax entry that holds only path", () => {
    const header = encodeTarHeader(SHA512_NAME, 5);

    expect(encodeTarHeader("a".repeat(100), 5)).toHaveLength(TAR_BLOCK_SIZE);
    expect(header).toHaveLength(3 * TAR_BLOCK_SIZE);
    expect(header.toString("latin1", 156, 157)).toBe("x");
    expect(header.toString("latin1", 512, 1024).replace(/\0+$/, "")).toBe(`151 path=${SHA512_NAME}\n`);
  });

  // A record of 99 or 100 bytes in all: its own length has two digits or three.
  test.each([101, 990, 991, 992])(
    "counts a pax record's own digits for a name of %i bytes",
    async (length) => {
      const name = "a".repeat(length);

      const headers = await readWithTarStream(tarOf([[name, 3]]));

      expect(headers).toMatchObject([{ name, size: 3 }]);
    },
  );
});

describe("decodeTarHeader()", () => {
  test.each(FILES.slice(0, 4))("reads %s of %i bytes back", (name, size) => {
    expect(decodeTarHeader(encodeTarHeader(name, size))).toEqual({ name, size });
  });

  test.each([
    ["a block of zeros", Buffer.alloc(TAR_BLOCK_SIZE)],
    ["half a block", encodeTarHeader("name", 5).subarray(0, 256)],
    ["a pax header", encodeTarHeader(SHA512_NAME, 5).subarray(0, TAR_BLOCK_SIZE)],
    ["a size in base 256", encodeTarHeader("name", 8 * GIB)],
  ])("refuses %s", (_what, block) => {
    expect(decodeTarHeader(block)).toBeUndefined();
  });

  test("refuses a header with any one byte changed", () => {
    const header = encodeTarHeader("oci-layout", 30);

    for (const position of header.keys()) {
      const damaged = Buffer.from(header);
      damaged[position] = damaged.readUInt8(position) ^ 1;
      expect(decodeTarHeader(damaged), `byte ${position}`).toBeUndefined();
    }
  });
});
