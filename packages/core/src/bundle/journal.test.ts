import { appendFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { digestOf } from "../hash.ts";
import { beginJournal, openJournal, readJournal } from "./journal.ts";

const A = digestOf("a");
const B = digestOf("b");

let directory: string;
let path: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "journal-"));
  path = join(directory, "out.tar.partial.journal");
});

afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

async function note(...lines: readonly (readonly [string, number, number])[]): Promise<void> {
  const journal = await openJournal(path, new Map());
  for (const [digest, offset, end] of lines) await journal.note(digest, offset, { end, hash: `${end}` });
  await journal.close();
}

async function ends(digest: string): Promise<readonly number[] | undefined> {
  return (await readJournal(path))?.get(digest)?.checkpoints.map(({ end }) => end);
}

test("readJournal() gives what was noted, by digest", async () => {
  await (await beginJournal(path, new Map())).close();
  await note([A, 512, 10], [B, 2048, 5], [A, 512, 20]);

  expect(await readJournal(path)).toEqual(
    new Map([
      [
        A,
        {
          offset: 512,
          checkpoints: [
            { end: 10, hash: "10" },
            { end: 20, hash: "20" },
          ],
        },
      ],
      [B, { offset: 2048, checkpoints: [{ end: 5, hash: "5" }] }],
    ]),
  );
});

test("a line that says less than those before it takes them back", async () => {
  await (await beginJournal(path, new Map())).close();
  await note([A, 0, 10], [A, 0, 20], [A, 0, 15], [B, 0, 10], [B, 0, 0]);

  expect(await ends(A)).toEqual([10, 15]);
  expect(await ends(B)).toBeUndefined();
});

test("row 105: of a large blob places from its beginning to its end are remembered, and not too many", async () => {
  await (await beginJournal(path, new Map())).close();
  const lines = Array.from({ length: 3000 }, (_, position) => [A, 0, position + 1] as const);
  await note(...lines);

  const noted = (await ends(A)) ?? [];

  expect(noted.at(-1)).toBe(3000);
  expect(noted.length).toBeLessThanOrEqual(256);
  for (const lost of [100, 1000, 2900]) {
    const right = noted.filter((end) => end <= 3000 - lost).at(-1) ?? 0;
    expect(right, `${lost} lost`).toBeGreaterThan(3000 - lost - 100);
  }
});

test("the last place that was noted counts", async () => {
  await (await beginJournal(path, new Map())).close();
  await note([A, 512, 10], [A, 1024, 10]);

  expect((await readJournal(path))?.get(A)).toEqual({ offset: 1024, checkpoints: [{ end: 10, hash: "10" }] });
});

test("row 105: a last line that was cut short is passed over, and what is noted after it counts", async () => {
  await (await beginJournal(path, new Map())).close();
  await note([A, 0, 10]);
  await appendFile(path, '{"digest":"sha256:');
  await note([A, 0, 20]);

  expect(await ends(A)).toEqual([10, 20]);
});

test.each([
  '{"digest":"sha256:../x","offset":0,"end":1,"hash":"1"}',
  `{"digest":"${A}","offset":-1,"end":1,"hash":"1"}`,
  `{"digest":"${A}","offset":0,"end":1.5,"hash":"1"}`,
  `{"digest":"${A}","offset":0,"end":1}`,
  "[]",
  "null",
])("a line that no journal has is passed over: %s", async (line) => {
  await (await beginJournal(path, new Map())).close();
  await appendFile(path, `${line}\n`);

  expect(await readJournal(path)).toEqual(new Map());
});

test("readJournal() knows a file that is no journal", async () => {
  expect(await readJournal(path)).toBeUndefined();
  await writeFile(path, "somebody's notes");
  expect(await readJournal(path)).toBeUndefined();
});

test("beginJournal() takes over what is known, and nothing else", async () => {
  await writeFile(path, "older");
  const entries = new Map([[A, { offset: 512, checkpoints: [{ end: 1, hash: "1" }] }]]);

  await (await beginJournal(path, entries)).close();

  expect(await readJournal(path)).toEqual(entries);
  expect(await readFile(path, "utf8")).not.toContain("older");
});
