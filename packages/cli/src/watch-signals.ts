import { BundleError } from "@airgap-bundle/core/basics";
import type { StopSignal } from "./exit-codes.ts";

const STOP_SIGNALS: readonly StopSignal[] = ["SIGINT", "SIGTERM"];

/** A second signal this soon is the same one: npm and npx pass on a Ctrl-C that the terminal has sent to us as well. */
const SAME_SIGNAL_MS = 300;

/** What tells of signals: `process`. */
interface SignalSource {
  on(name: StopSignal, listener: () => void): unknown;
  off(name: StopSignal, listener: () => void): unknown;
}

/** What happens on signals. */
export interface WatchSignalsOptions {
  readonly source: SignalSource;
  /** A clock in milliseconds. */
  readonly now: () => number;
  /** The first signal came, and `signal` is aborted now. */
  readonly onStop: (name: StopSignal) => void;
  /** A second one came. */
  readonly onStopNow: (name: StopSignal) => void;
}

/** Signals seen so far. */
export interface SignalWatch {
  /** Aborted by the first signal; its reason has the code `INTERRUPTED`. */
  readonly signal: AbortSignal;
  /** The first signal that came. */
  received(): StopSignal | undefined;
  /** Leaves signals to the system again. */
  close(): void;
}

/** Turns SIGINT and SIGTERM into an abort. */
export function watchSignals(options: WatchSignalsOptions): SignalWatch {
  const { source, now, onStop, onStopNow } = options;
  const controller = new AbortController();
  let first: { readonly name: StopSignal; readonly at: number } | undefined;
  const listeners = STOP_SIGNALS.map((name) => ({
    name,
    listener: (): void => {
      if (first !== undefined) {
        if (now() - first.at >= SAME_SIGNAL_MS) onStopNow(name);
        return;
      }
      first = { name, at: now() };
      controller.abort(interrupted(name));
      onStop(name);
    },
  }));
  for (const { name, listener } of listeners) source.on(name, listener);
  return {
    signal: controller.signal,
    received: () => first?.name,
    close: () => {
      for (const { name, listener } of listeners) source.off(name, listener);
    },
  };
}

/** The error of a command that a signal has stopped. */
export function interrupted(name: StopSignal, cause?: unknown): BundleError {
  return new BundleError("INTERRUPTED", `Interrupted by ${name}`, {
    hint: "Run the same command again: what an export to a file or an import has brought is not brought again",
    ...(cause === undefined ? {} : { cause }),
  });
}
