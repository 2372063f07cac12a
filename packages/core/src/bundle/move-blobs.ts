import type { FileHandle } from "node:fs/promises";
import { READ_SIZE, readExactly, writeExactly } from "./file.ts";

/** A stretch of a file that must lie elsewhere. All in bytes. */
export interface Move {
  readonly from: number;
  readonly to: number;
  readonly size: number;
}

/** How moves are carried out. */
export interface MoveOptions<M extends Move> {
  /** Where free space begins, behind everything. */
  readonly scratch: number;
  /** Called when a stretch lies at its place, and when it is parked on the way. */
  readonly onMoved?: (move: M) => Promise<void>;
}

/**
 * Carries out all moves inside one file as if at once: nothing is overwritten before it has been moved. Stretches that
 * stand in each other's way in a circle pass through free space.
 */
export async function moveBlobs<M extends Move>(
  handle: FileHandle,
  moves: readonly M[],
  { scratch, onMoved }: MoveOptions<M>,
): Promise<void> {
  let pending = moves.filter(({ from, to, size }) => from !== to && size > 0).sort((a, b) => a.to - b.to);
  let parking = scratch;
  while (pending.length > 0) {
    const free = pending.find((move) => pending.every((other) => other === move || !overlaps(move, other)));
    if (free !== undefined) {
      await moveBytes(handle, free);
      await onMoved?.(free);
      pending = pending.filter((move) => move !== free);
      continue;
    }
    const [first, ...others] = pending;
    if (first === undefined) return;
    const parked = { ...first, to: parking };
    await moveBytes(handle, parked);
    await onMoved?.(parked);
    pending = [...others, { ...first, from: parking }];
    parking += first.size;
  }
}

/** Would the move overwrite what the other one has yet to take away? */
function overlaps(move: Move, other: Move): boolean {
  return move.to < other.from + other.size && other.from < move.to + move.size;
}

/** Copies from the side that is overwritten last. */
async function moveBytes(handle: FileHandle, { from, to, size }: Move): Promise<void> {
  for (let moved = 0; moved < size; ) {
    const length = Math.min(READ_SIZE, size - moved);
    const position = to < from ? moved : size - moved - length;
    await writeExactly(handle, await readExactly(handle, from + position, length), to + position);
    moved += length;
  }
}
