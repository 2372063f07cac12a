import { createRandom, type Random } from "./random.ts";

/** One input's story. */
export interface FuzzResult {
  /** What was done to the input. */
  readonly kind: string;
  /** What came of it. */
  readonly outcome: string;
}

/** A kind of input and all that must hold for it. */
export interface Fuzz {
  readonly name: string;
  /** Inputs at once. */
  readonly concurrency: number;
  /** Makes an input, gives it to the code. @throws if something does not hold */
  run(random: Random, index: number): Promise<FuzzResult>;
  close(): Promise<void>;
}

/** Which inputs. */
export interface FuzzOptions {
  readonly seed: number;
  /** Index of the first input. @default 0 */
  readonly from?: number;
  readonly count: number;
  /** Called before each input. */
  readonly onInput?: (index: number) => void;
  /** Ends the run early. */
  readonly isOver?: () => boolean;
}

/** How often what came of which inputs. */
export interface FuzzReport {
  readonly count: number;
  readonly kinds: ReadonlyMap<string, number>;
  readonly outcomes: ReadonlyMap<string, number>;
}

/** Runs inputs. @throws at the first for which something does not hold, naming seed and index, which make it again */
export async function runFuzz(fuzz: Fuzz, options: FuzzOptions): Promise<FuzzReport> {
  const { seed, from = 0, count, onInput, isOver } = options;
  const kinds = new Map<string, number>();
  const outcomes = new Map<string, number>();
  let next = from;
  const work = async (): Promise<void> => {
    while (next < from + count && isOver?.() !== true) {
      const index = next++;
      onInput?.(index);
      const { kind, outcome } = await runOne(fuzz, seed, index);
      add(kinds, kind);
      add(outcomes, outcome);
    }
  };
  await Promise.all(Array.from({ length: fuzz.concurrency }, work));
  return { count: next - from, kinds, outcomes };
}

async function runOne(fuzz: Fuzz, seed: number, index: number): Promise<FuzzResult> {
  try {
    return await fuzz.run(createRandom(seed, index), index);
  } catch (cause) {
    const repeat = `npm run fuzz -- --only ${fuzz.name} --seed ${seed} --from ${index} --count 1`;
    throw new Error(`Input ${index} of seed ${seed} fails; again with: ${repeat}`, { cause });
  }
}

function add(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
