import type { Run } from "./measure.ts";

/** A command that is compared, and how often it runs. */
export interface Contender {
  /** 0 where it does not take part: nothing is to be read of its series then. */
  readonly runs: number;
  /** Prepares, runs, checks what came of it and cleans up; only the command itself counts. */
  readonly run: () => Promise<Run>;
}

/** The runs of one command, in the order in which they were made. */
export interface Series {
  readonly runs: readonly Run[];
  readonly seconds: number;
  /** Of all runs, in bytes. */
  readonly peakMemory: number;
}

/** Runs the commands side by side: each once, then each a second time, and so on. */
export async function runInTurn<Name extends string>(
  contenders: Readonly<Record<Name, Contender>>,
): Promise<Readonly<Record<Name, Series>>> {
  const names = Object.keys(contenders) as Name[];
  const runs = Object.fromEntries(names.map((name) => [name, [] as Run[]])) as Record<Name, Run[]>;
  const rounds = Math.max(...names.map((name) => contenders[name].runs));
  for (let round = 0; round < rounds; round++)
    for (const name of names)
      if (round < contenders[name].runs) {
        const { seconds, peakMemory, written } = await contenders[name].run();
        runs[name].push({ seconds, peakMemory, written });
      }
  return Object.fromEntries(names.map((name) => [name, toSeries(runs[name])])) as Record<Name, Series>;
}

/** What these runs come to. */
export function toSeries(runs: readonly Run[]): Series {
  return {
    runs,
    seconds: median(runs.map(({ seconds }) => seconds)),
    peakMemory: Math.max(...runs.map(({ peakMemory }) => peakMemory)),
  };
}

/** The middle one; of an even count the mean of both. */
function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  const [low = NaN, high = NaN] = [sorted[Math.floor(middle)], sorted[Math.ceil(middle)]];
  return (low + high) / 2;
}
