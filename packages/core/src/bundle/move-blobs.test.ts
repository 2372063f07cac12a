import { type FileHandle, mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readExactly, writeExactly } from "./file.ts";
import { moveBlobs } from "./move-blobs.ts";
import type { Move } from "./order-moves.ts";

const ROUNDS = 300;

let directory: string;
let file: FileHandle;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "move-"));
  file = await open(join(directory, "file"), "w+");
});

afterAll(async () => {
  await file.close();
  await rm(directory, { recursive: true, force: true });
});

/** Moves in a file and, as if at once, in memory; gives both results for the places that something was moved to. */
async function moveBoth(
  content: Buffer,
  moves: readonly Move[],
): Promise<{ actual: Buffer[]; expected: Buffer[] }> {
  await file.truncate(0);
  await writeExactly(file, content, 0);

  await moveBlobs(file, moves, { scratch: content.length });

  const actual: Buffer[] = [];
  for (const { to, size } of moves) actual.push(await readExactly(file, to, size));
  return { actual, expected: moves.map(({ from, size }) => content.subarray(from, from + size)) };
}

/** Numbers from 0 to 1, the same for the same seed: mulberry32. */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function shuffle<T>(items: readonly T[], random: () => number): T[] {
  return items
    .map((item) => ({ item, key: random() }))
    .sort((a, b) => a.key - b.key)
    .map(({ item }) => item);
}

/** Lays stretches of these sizes one behind the other in the given order, with gaps; their places by position. */
function layOut(sizes: readonly number[], order: readonly number[], gap: () => number): number[] {
  const places: number[] = [];
  let offset = 0;
  for (const position of order) {
    offset += gap();
    places[position] = offset;
    offset += sizes[position] ?? 0;
  }
  return places;
}

/** Stretches that lie anyhow and are to lie in another order: chains, circles and overlaps come of themselves. */
function randomMoves(seed: number): { content: Buffer; moves: Move[] } {
  const random = createRandom(seed);
  const upTo = (limit: number): number => Math.floor(random() * limit);
  const sizes = Array.from({ length: 1 + upTo(9) }, () => upTo(60));
  const positions = [...sizes.keys()];
  const from = layOut(sizes, shuffle(positions, random), () => upTo(20));
  const isCompact = random() < 0.5;
  const to = layOut(sizes, isCompact ? positions : shuffle(positions, random), () =>
    isCompact ? 0 : upTo(20),
  );
  const moves = sizes.map((size, position) => ({ from: from[position] ?? 0, to: to[position] ?? 0, size }));
  const length = Math.max(...moves.flatMap((move) => [move.from + move.size, move.to + move.size]));
  return {
    content: Buffer.from(Array.from({ length }, () => upTo(256))),
    moves: shuffle(moves, random).slice(upTo(2)),
  };
}

test(`moveBlobs() moves as if at once, for ${ROUNDS} arrangements`, async () => {
  for (let seed = 1; seed <= ROUNDS; seed++) {
    const { content, moves } = randomMoves(seed);

    const { actual, expected } = await moveBoth(content, moves);

    expect(actual, `seed ${seed}: ${JSON.stringify(moves)}`).toEqual(expected);
  }
});

test.each([
  [
    "two that change places",
    [
      { from: 0, to: 50, size: 50 },
      { from: 50, to: 0, size: 50 },
    ],
  ],
  [
    "a circle of three",
    [
      { from: 0, to: 40, size: 40 },
      { from: 40, to: 80, size: 20 },
      { from: 80, to: 0, size: 40 },
    ],
  ],
  ["one that overlaps its own place, downwards", [{ from: 10, to: 3, size: 90 }]],
  ["one that overlaps its own place, upwards", [{ from: 3, to: 10, size: 90 }]],
  ["one that stays", [{ from: 7, to: 7, size: 10 }]],
  ["one without bytes", [{ from: 7, to: 90, size: 0 }]],
  ["none", []],
])("moveBlobs() moves %s", async (_what, moves) => {
  const content = Buffer.from(Array.from({ length: 120 }, (_, position) => position));

  const { actual, expected } = await moveBoth(content, moves);

  expect(actual).toEqual(expected);
});

test.each([
  ["downwards", { from: 1000, to: 0, size: 3 * 1024 * 1024 + 5 }],
  ["upwards", { from: 0, to: 1000, size: 3 * 1024 * 1024 + 5 }],
])("moveBlobs() moves %s what is larger than one read, over itself", async (_what, move) => {
  const random = createRandom(7);
  const content = Buffer.from(Array.from({ length: 3 * 1024 * 1024 + 1005 }, () => random() * 256));

  const { actual, expected } = await moveBoth(content, [move]);

  expect(actual[0]?.equals(expected[0] ?? Buffer.alloc(0))).toBe(true);
});

test("moveBlobs() moves nothing that is in its place already", async () => {
  const content = Buffer.alloc(100, 1);

  await moveBoth(content, [{ from: 0, to: 0, size: 100 }]);

  expect((await file.stat()).size).toBe(100);
});

const MIB = 1024 * 1024;

test.each([
  ["leaves a stretch where it was", 4 * MIB, []],
  ["ends a stretch that overwrites itself", 10, ["moved"]],
] as const)("row 106: moveBlobs() %s when it is stopped", async (_what, to, expected) => {
  const content = Buffer.alloc(9 * MIB, "abc");
  await file.truncate(0);
  await writeExactly(file, content, 0);
  const controller = new AbortController();
  const moved: string[] = [];
  const next = { from: 8 * MIB, to: 20 * MIB, size: 10 };

  const carried = moveBlobs(file, [next, { from: 0, to, size: 3 * MIB }], {
    scratch: 30 * MIB,
    signal: controller.signal,
    onProgress: () => controller.abort(new Error("stopped")),
    onMoved: async () => {
      moved.push("moved");
      await Promise.resolve();
    },
  });

  await expect(carried).rejects.toThrow("stopped");
  expect(moved).toEqual(expected);
  const place = expected.length === 0 ? 0 : to;
  expect((await readExactly(file, place, 3 * MIB)).equals(content.subarray(0, 3 * MIB))).toBe(true);
});

/** The file on a file system that takes no more than `size` bytes of it. */
function fullAt(size: number): FileHandle {
  return Object.create(file, {
    write: {
      value: async (content: Uint8Array, offset: number, length: number, position: number) => {
        if (position + length > size)
          throw Object.assign(new Error("full"), { code: "EFBIG", syscall: "write" });
        return await file.write(content, offset, length, position);
      },
    },
    truncate: {
      value: async (end: number) => {
        if (end > size) throw Object.assign(new Error("full"), { code: "EFBIG", syscall: "ftruncate" });
        await file.truncate(end);
      },
    },
  });
}

test("row 103: moveBlobs() gives up the smaller of two that change places where there is no room to park it", async () => {
  const content = Buffer.from(Array.from({ length: 110 }, (_, position) => position));
  await file.truncate(0);
  await writeExactly(file, content, 0);
  const large = { from: 0, to: 50, size: 60 };
  const small = { from: 60, to: 0, size: 50 };
  const lost: unknown[] = [];

  await moveBlobs(fullAt(110), [large, small], {
    scratch: 110,
    mayDrop: () => true,
    onDropped: async (move) => {
      lost.push(move);
      await Promise.resolve();
    },
  });

  expect(lost).toEqual([small]);
  expect((await readExactly(file, 50, 60)).equals(content.subarray(0, 60))).toBe(true);
  expect((await file.stat()).size).toBe(110);
});

test("row 103: moveBlobs() fails with the system's error where nothing may be given up", async () => {
  await file.truncate(0);
  await writeExactly(file, Buffer.alloc(110), 0);
  const moves = [
    { from: 0, to: 50, size: 60 },
    { from: 60, to: 0, size: 50 },
  ];

  await expect(moveBlobs(fullAt(110), moves, { scratch: 110 })).rejects.toMatchObject({ code: "EFBIG" });
});

test("row 103: moveBlobs() gives up several where there is room for none, and no more than that", async () => {
  await file.truncate(0);
  await writeExactly(file, Buffer.alloc(60), 0);
  const pairs = [0, 20, 40].flatMap((start) => [
    { from: start, to: start + 10, size: 10 },
    { from: start + 10, to: start, size: 10 },
  ]);
  const lost: Move[] = [];

  await moveBlobs(fullAt(60), pairs, {
    scratch: 60,
    mayDrop: () => true,
    onDropped: async (move) => void lost.push(await Promise.resolve(move)),
  });

  expect(lost).toHaveLength(3);
  expect((await file.stat()).size).toBe(60);
});

test("row 105: moveBlobs() says how far a stretch has come that it moves over itself, to where it may be gone on with", async () => {
  const content = Buffer.from(Array.from({ length: 3 * MIB + 1000 }, (_, position) => position % 251));
  await file.truncate(0);
  await writeExactly(file, content, 0);
  const move = { from: 1000, to: 0, size: 3 * MIB };
  const begun: number[] = [];

  await moveBlobs(file, [move], {
    scratch: content.length,
    onBegun: async (_move, size) => {
      begun.push(size);
      expect((await readExactly(file, 0, size)).equals(content.subarray(1000, 1000 + size))).toBe(true);
    },
  });

  expect(begun).toEqual([MIB, 2 * MIB, 3 * MIB]);
});
