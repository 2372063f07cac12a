import type { ProgressView } from "./progress-view.ts";
import type { TransferState } from "./transfer-state.ts";

/** A log of an hour has then at most 360 of these lines. */
const LINE_EVERY_MS = 10_000;

/** What the lines are made of. */
interface ProgressLinesOptions {
  readonly state: TransferState;
  /** A clock in milliseconds. */
  readonly now: () => number;
}

/** Progress in a log: a line when a phase begins, then one now and then. */
export function createProgressLines(
  stream: NodeJS.WritableStream,
  options: ProgressLinesOptions,
): ProgressView {
  const { state, now } = options;
  let last = now();

  function print(line: string): void {
    stream.write(`${line}\n`);
  }

  function printPhase(): void {
    last = now();
    const line = state.describePhase();
    if (line !== undefined) print(line);
  }

  return {
    beginPhase: printPhase,
    update: () => {
      if (now() - last >= LINE_EVERY_MS) printPhase();
    },
    print,
    close: () => undefined,
  };
}
