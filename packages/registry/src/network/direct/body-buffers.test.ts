import { randomBytes } from "node:crypto";
import { beforeEach, expect, test } from "vitest";
import { type BodyBuffers, createBodyBuffers } from "./body-buffers.ts";
import { type BufferPool, createBufferPool } from "./buffer-pool.ts";

/** How many buffers were ever in use at once, and are now. */
let taken: number;
let lent: number;
let rooms: number;

beforeEach(() => {
  taken = 0;
  lent = 0;
  rooms = 0;
});

function countingPool(): BufferPool {
  const pool = createBufferPool();
  return {
    take() {
      lent += 1;
      taken = Math.max(taken, lent);
      return pool.take();
    },
    give(buffer) {
      lent -= 1;
      pool.give(buffer);
    },
  };
}

function open(isEager: boolean): BodyBuffers {
  const onRoom = (): void => {
    rooms += 1;
  };
  return createBodyBuffers({ pool: countingPool(), isEager, onRoom, onDone: () => undefined });
}

/** Receives this in pieces, as a connection does that takes no notice of whether there is room. */
function receive(buffers: BodyBuffers, content: Uint8Array, pieceSize: number): void {
  for (let position = 0; position < content.length; ) {
    const space = buffers.space();
    const piece = content.subarray(position, position + Math.min(pieceSize, space.length));
    space.set(piece);
    buffers.received(piece.length);
    position += piece.length;
  }
}

async function collect(buffers: BodyBuffers, whileReading: () => Promise<void>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of buffers.read()) {
    chunks.push(Buffer.from(chunk));
    await whileReading();
  }
  return Buffer.concat(chunks);
}

async function sleep(): Promise<void> {
  await new Promise((resolve) => void setTimeout(resolve, 1));
}

test.each([true, false])(
  "createBodyBuffers() holds a body of small pieces in few buffers while its reader is slow: %s",
  async (isEager) => {
    const content = randomBytes(1_000_000);
    const buffers = open(isEager);
    receive(buffers, content.subarray(0, 10), 10);

    const reading = collect(buffers, sleep);
    for (let position = 10; position < content.length; position += 10_000) {
      receive(buffers, content.subarray(position, position + 10_000), 50);
      await sleep();
    }
    buffers.end();

    expect((await reading).equals(content)).toBe(true);
    expect(taken).toBeLessThanOrEqual(3);
    expect(lent).toBe(0);
  },
);

test("createBodyBuffers() gives an eager reader each byte that has come", async () => {
  const buffers = open(true);
  const parts = buffers.read();

  const waiting = parts.next();
  receive(buffers, Buffer.from("a"), 1);
  expect(Buffer.from((await waiting).value ?? [])).toEqual(Buffer.from("a"));
  receive(buffers, Buffer.from("bc"), 1);
  expect(Buffer.from((await parts.next()).value ?? [])).toEqual(Buffer.from("bc"));

  buffers.end();
  expect(await parts.next()).toEqual({ done: true, value: undefined });
  expect(lent).toBe(0);
});

test("createBodyBuffers() tells of room only where there is some, and no more when all has come", async () => {
  const buffers = open(false);
  const size = buffers.space().length;
  receive(buffers, Buffer.alloc(4 * size), size);
  const parts = buffers.read();

  const told: number[] = [];
  for (let count = 0; count < 3; count++) {
    await parts.next();
    told.push(rooms);
  }
  buffers.end();
  await parts.next();

  expect(told).toEqual([0, 0, 1]);
  expect(rooms).toBe(1);
});
