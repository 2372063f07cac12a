import { setTimeout as sleep } from "node:timers/promises";
import type { Fault } from "./fault.ts";
import { createPace } from "./pace.ts";

/** The longest that a timer can be set to. */
const FOR_EVER_MS = 2 ** 31 - 1;

type Body = AsyncIterable<Buffer>;

/** The body as the fault leaves it. `signal` ends waiting. */
export function alterBody(body: Body, fault: Fault | undefined, signal: AbortSignal): Body {
  switch (fault?.kind) {
    case "cut":
      return mapAt(body, fault.at, () => undefined);
    case "stall":
      return mapAt(body, fault.at, async (rest) => {
        await sleep(Math.min(fault.ms, FOR_EVER_MS), undefined, { signal });
        return rest;
      });
    case "corrupt":
      return mapAt(body, fault.at, (rest) => {
        rest[0] = (rest[0] ?? 0) ^ 1;
        return rest;
      });
    case "insert":
      return mapAt(body, fault.at, (rest) => Buffer.concat([Buffer.alloc(fault.size, 7), rest]));
    case "drop":
      return drop(body, fault.at, fault.size);
    case "swap":
      return swap(body, fault.at, fault.size);
    case "pace":
      return slowDown(body, fault.bytesPerSecond, signal);
    case "answer":
    case "forward":
    case "hang-up":
    case "headers":
    case "lose-answer":
    case "redirect":
    case "reset":
    case "whole":
    case undefined:
      return body;
  }
}

/** By how many bytes it becomes longer, if it is long enough for the fault. */
export function sizeChange(fault: Fault): number {
  if (fault.kind === "insert") return fault.size;
  return fault.kind === "drop" ? -fault.size : 0;
}

/** Gives a copy of what begins at this offset to `change`, once; with undefined the body ends there. */
async function* mapAt(
  body: Body,
  at: number,
  change: (rest: Buffer) => Buffer | undefined | Promise<Buffer | undefined>,
): AsyncGenerator<Buffer> {
  let offset = 0;
  let isDone = false;
  for await (const chunk of body) {
    const isHere = !isDone && offset + chunk.length > at;
    if (isHere) {
      isDone = true;
      if (at > offset) yield chunk.subarray(0, at - offset);
      const changed = await change(Buffer.from(chunk.subarray(at - offset)));
      if (changed === undefined) return;
      yield changed;
    } else {
      yield chunk;
    }
    offset += chunk.length;
  }
  if (isDone || at < offset) return;
  const added = await change(Buffer.alloc(0));
  if (added !== undefined) yield added;
}

async function* drop(body: Body, at: number, size: number): AsyncGenerator<Buffer> {
  let offset = 0;
  for await (const chunk of body) {
    const from = clamp(at - offset, chunk.length);
    const to = clamp(at + size - offset, chunk.length);
    yield Buffer.concat([chunk.subarray(0, from), chunk.subarray(to)]);
    offset += chunk.length;
  }
}

async function* swap(body: Body, at: number, size: number): AsyncGenerator<Buffer> {
  const held: Buffer[] = [];
  let offset = 0;
  for await (const chunk of body) {
    const from = clamp(at - offset, chunk.length);
    const to = clamp(at + 2 * size - offset, chunk.length);
    yield chunk.subarray(0, from);
    held.push(chunk.subarray(from, to));
    offset += chunk.length;
    if (offset < at + 2 * size) continue;
    yield swapped(held.splice(0), size);
    yield chunk.subarray(to);
  }
  // It was shorter: what there is stays as it was.
  yield* held;
}

function swapped(held: readonly Buffer[], size: number): Buffer {
  const whole = Buffer.concat(held);
  return Buffer.concat([whole.subarray(size), whole.subarray(0, size)]);
}

async function* slowDown(body: Body, bytesPerSecond: number, signal: AbortSignal): AsyncGenerator<Buffer> {
  const pace = createPace(bytesPerSecond);
  for await (const chunk of body) {
    await pace(chunk.length, signal);
    yield chunk;
  }
}

function clamp(value: number, end: number): number {
  return Math.min(Math.max(value, 0), end);
}
