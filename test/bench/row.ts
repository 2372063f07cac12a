import type { Run } from "./measure.ts";
import type { Series } from "./run-in-turn.ts";

/** One line of the table. */
export interface Row {
  readonly what: string;
  readonly against: string;
  readonly unit: "s" | "ms" | "bytes" | "count";
  /** Null if it was not measured; `note` says why. */
  readonly ours: number | null;
  readonly theirs: number | null;
  /** `ours` by `theirs`; of a row that is to be faster `theirs` by `ours`. */
  readonly ratio: number | null;
  readonly bar: { readonly kind: "at most" | "at least"; readonly ratio: number };
  readonly reached: boolean | null;
  /** The most that our process had, in bytes. */
  readonly peakMemory: number | null;
  readonly oursRuns: readonly Run[];
  readonly theirsRuns: readonly Run[];
  readonly note: string;
}

/** What a row is about. */
export interface RowHeading {
  readonly what: string;
  readonly against: string;
  readonly note?: string;
}

/** Ours takes at most so many times what theirs takes. */
export function atMost(heading: RowHeading, [ours, theirs]: readonly [Series, Series], bar: number): Row {
  return { ...compare(heading, ours.seconds, theirs.seconds, "s", bar), ...describe(ours, theirs) };
}

/** Ours is at least so many times faster than theirs. */
export function atLeast(heading: RowHeading, [ours, theirs]: readonly [Series, Series], bar: number): Row {
  const ratio = theirs.seconds / ours.seconds;
  const row = compare(heading, ours.seconds, theirs.seconds, "s", bar);
  return {
    ...row,
    ratio,
    bar: { kind: "at least", ratio: bar },
    reached: ratio >= bar,
    ...describe(ours, theirs),
  };
}

/** Two numbers, of which ours may be at most so many times theirs. */
export function compare(
  { what, against, note = "" }: RowHeading,
  ours: number,
  theirs: number,
  unit: Row["unit"],
  bar: number,
): Row {
  const ratio = ours / theirs;
  return {
    what,
    against,
    unit,
    ours,
    theirs,
    ratio,
    bar: { kind: "at most", ratio: bar },
    reached: ratio <= bar,
    peakMemory: null,
    oursRuns: [],
    theirsRuns: [],
    note,
  };
}

/** A row without numbers. */
export function notMeasured({ what, against }: RowHeading, reason: string): Row {
  return {
    ...compare({ what, against, note: `not measured: ${reason}` }, 0, 1, "count", 0),
    ours: null,
    theirs: null,
    ratio: null,
    reached: null,
  };
}

function describe(ours: Series, theirs: Series): Pick<Row, "oursRuns" | "theirsRuns" | "peakMemory"> {
  return { oursRuns: ours.runs, theirsRuns: theirs.runs, peakMemory: ours.peakMemory };
}
