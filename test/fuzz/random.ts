/** Numbers that look random and are the same whenever seed and index are. */
export interface Random {
  /** A whole number from 0, below `end`. */
  below(end: number): number;
  /** True in one of `n` cases. */
  oneIn(n: number): boolean;
  /** @throws RangeError for an empty list */
  pick<T>(items: readonly T[]): T;
  bytes(size: number): Buffer;
}

/** A generator of its own for every input, so that one input can be made again without those before it (mulberry32). */
export function createRandom(seed: number, index: number): Random {
  let state = (Math.imul(seed, 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca6b)) >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  const below = (end: number): number => Math.floor((next() / 2 ** 32) * end);
  return {
    below,
    oneIn: (n) => below(n) === 0,
    pick: <T>(items: readonly T[]): T => {
      if (items.length === 0) throw new RangeError("Cannot pick from nothing");
      return items[below(items.length)] as T;
    },
    bytes: (size) => Buffer.from(Array.from({ length: size }, () => below(256))),
  };
}
