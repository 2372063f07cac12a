import { styleText } from "node:util";
import type { EventSink, TransferEvent } from "@airgap-bundle/core";
import { formatDuration } from "./format-duration.ts";
import { createProgressBars } from "./progress-bars.ts";
import { createProgressLines } from "./progress-lines.ts";
import type { ProgressStream, ProgressView } from "./progress-view.ts";
import { sanitizeText } from "./sanitize-text.ts";
import { createTransferState } from "./transfer-state.ts";

/** Shows events to people. */
export interface Progress {
  readonly onEvent: EventSink;
  /** Removes bars; events that come later are not shown. May be called again. */
  stop(): void;
}

/** How {@link createProgress} shows them. */
export interface ProgressOptions {
  /** Its `columns` and `rows` are looked at whenever something is drawn. */
  readonly stream: ProgressStream;
  /** Bars that are redrawn, or lines for a log. */
  readonly isTerminal: boolean;
  /** Shows nothing at all. */
  readonly isQuiet: boolean;
  /** A clock in milliseconds. */
  readonly now: () => number;
}

/** Shows the events of a work on a stream, until it is stopped. */
export function createProgress(options: ProgressOptions): Progress {
  const { stream, isTerminal, isQuiet, now } = options;
  const state = createTransferState(now);
  const view = isTerminal ? createProgressBars(stream, state) : createProgressLines(stream, { state, now });
  let isStopped = isQuiet;
  return {
    onEvent: (event) => {
      // Whoever asks for a log wants it, with bars or without.
      if (event.kind === "log" && isStopped) stream.write(`${sanitizeText(event.message)}\n`);
      if (isStopped || isEmptyPhase(event)) return;
      state.apply(event);
      show(view, event, stream);
    },
    stop: () => {
      if (isStopped) return;
      isStopped = true;
      view.close();
    },
  };
}

/** A phase in which there is nothing to do is not worth a line. */
function isEmptyPhase(event: TransferEvent): boolean {
  return event.kind === "phase" && event.total === 0;
}

/** Whoever waits for one host waits with all that is still wanted of it. */
function describeWait({ host, waitMs, message }: Extract<TransferEvent, { readonly kind: "retry" }>): string {
  const time = formatDuration(waitMs);
  const start = host === undefined ? `Trying again in ${time}` : `Waiting ${time} for ${sanitizeText(host)}`;
  return `${start}: ${sanitizeText(message)}`;
}

function show(view: ProgressView, event: TransferEvent, stream: ProgressStream): void {
  switch (event.kind) {
    case "phase":
      view.beginPhase();
      return;
    case "warning":
      view.print(`${styleText("yellow", "Warning:", { stream })} ${sanitizeText(event.message)}`);
      return;
    case "log":
      view.print(sanitizeText(event.message));
      return;
    case "retry":
      view.print(describeWait(event));
      return;
    case "step":
    case "blob-start":
    case "blob-progress":
    case "blob-end":
      view.update();
      return;
  }
}
