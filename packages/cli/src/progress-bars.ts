import { MultiBar } from "cli-progress";
import type { ProgressStream, ProgressView } from "./progress-view.ts";
import type { TransferState } from "./transfer-state.ts";

/** More lines say nothing more to people. */
const MAX_BLOB_LINES = 8;
/** Often enough to look alive, seldom enough for a slow line. */
const REDRAWS_PER_SECOND = 5;
/** Where a terminal does not know its size. */
const DEFAULT_COLUMNS = 80;
const DEFAULT_ROWS = 24;
const CLEAR_TO_END = "\u001b[J";

/** Progress on a terminal: a line for the phase, below it one for each blob; redrawn in place, and gone at the end. */
export function createProgressBars(stream: ProgressStream, state: TransferState): ProgressView {
  let bars: MultiBar | undefined;
  let lines = 0;

  /** Long lines would wrap, and the cursor would not find back. */
  function fit(line: string): string {
    return line.slice(0, (stream.columns || DEFAULT_COLUMNS) - 1);
  }

  /** Lines are added when they are needed and stay, blank, until the end: nothing jumps. */
  function addLines(count: number): void {
    bars ??= new MultiBar({
      stream,
      fps: REDRAWS_PER_SECOND,
      hideCursor: true,
      clearOnComplete: true,
      linewrap: true,
      forceRedraw: true,
      format: (_options, _params, payload: { line: () => string }) => fit(payload.line()),
    });
    for (; lines < count; lines++) {
      const index = lines - 1;
      const line =
        lines === 0
          ? () => state.describePhase() ?? ""
          : () => state.describeBlobs(MAX_BLOB_LINES)[index] ?? "";
      bars.create(1, 0, { line });
    }
  }

  return {
    beginPhase: () => addLines(1),
    update: () => {
      // The last row is left free: on a terminal that is too low the cursor could not go back to the first line.
      const rows = stream.rows || DEFAULT_ROWS;
      const maxBlobs = Math.max(0, Math.min(MAX_BLOB_LINES, rows - 2));
      addLines(1 + state.describeBlobs(maxBlobs).length);
    },
    print: (line) => {
      if (bars === undefined) {
        stream.write(`${line}\n`);
        return;
      }
      bars.log(`${CLEAR_TO_END}${line}\n`);
      bars.update();
    },
    close: () => bars?.stop(),
  };
}
