import type { FileHandle } from "node:fs/promises";
import { isNoSpace } from "../file-error.ts";
import type { AbortOptions } from "../repository.ts";
import { READ_SIZE, readExactly, writeExactly } from "./file.ts";
import { type Move, type OrderOptions, orderMoves, type Step } from "./order-moves.ts";

/** How moves are carried out. */
export interface MoveOptions<M extends Move> extends AbortOptions, OrderOptions<M> {
  /** Called when a stretch lies at its place, and when it is parked on the way. */
  readonly onMoved?: (move: M) => Promise<void>;
  /** Called when the first `size` bytes of a stretch that overwrites itself lie at its place, and no longer where they were. */
  readonly onBegun?: (move: M, size: number) => Promise<void>;
  /** What may be given up where there is no room to park it. @default nothing */
  readonly mayDrop?: (move: M) => boolean;
  /** Called when there was no room for a stretch that may be given up. */
  readonly onDropped?: (move: M) => Promise<void>;
  /** Called with bytes of a stretch that have moved. */
  readonly onProgress?: (move: M, size: number) => void;
}

/**
 * Carries out all moves inside one file as if at once: nothing is overwritten before it has been moved. When it is stopped
 * each stretch is where it was or where it was last said to be: one that overwrites itself is brought to its end before.
 *
 * @throws the abort reason of `signal`; the system's errors
 */
export async function moveBlobs<M extends Move>(
  handle: FileHandle,
  moves: readonly M[],
  options: MoveOptions<M>,
): Promise<void> {
  const { scratch, mayDrop, onMoved, onDropped } = options;
  const dropped = new Set<M>();
  for (const step of orderMoves(moves, options)) {
    if (dropped.has(step.move)) continue;
    try {
      await moveBytes(handle, step, options);
    } catch (error) {
      if (!isNoSpace(error) || mayDrop?.(step.move) !== true) throw error;
      dropped.add(step.move);
      // What has been written of it takes room that others need.
      if (step.to >= scratch) await cutAt(handle, step.to);
      await onDropped?.(step.move);
      continue;
    }
    await onMoved?.({ ...step.move, to: step.to });
  }
}

/** Makes a file no longer than this. To make it longer may fail as writing did. */
async function cutAt(handle: FileHandle, end: number): Promise<void> {
  if ((await handle.stat()).size > end) await handle.truncate(end);
}

/** Copies from the side that is overwritten last. */
async function moveBytes<M extends Move>(
  handle: FileHandle,
  { move, from, to }: Step<M>,
  { signal, onProgress, onBegun }: MoveOptions<M>,
): Promise<void> {
  const { size } = move;
  const overwritesItself = Math.abs(to - from) < size;
  signal?.throwIfAborted();
  for (let moved = 0; moved < size; ) {
    if (!overwritesItself) signal?.throwIfAborted();
    const length = Math.min(READ_SIZE, size - moved);
    const position = to < from ? moved : size - moved - length;
    await writeExactly(handle, await readExactly(handle, from + position, length), to + position);
    moved += length;
    onProgress?.(move, length);
    if (overwritesItself && to < from) await onBegun?.({ ...move, to }, moved);
  }
}
