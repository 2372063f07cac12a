import {
  type BundleError,
  changeError,
  type EventSink,
  type TransferEvent,
  wait as waitByClock,
} from "@airgap-bundle/core";

/** The wait after the first failure; each further one in a row doubles it. */
const FIRST_WAIT_MS = 500;

/** What the doubling ends with: the waits of five attempts, and one more. */
const LONGEST_WAIT_MS = 8000;

/** A host that wants more than this is not waited for: the operator is told instead. */
const MAX_ASKED_MS = 60_000;

/** As long as nothing is known but failures, requests follow each other so slowly: they must not all rush in at once. */
const SPACING_MS = 100;

/** After so many failures in a row, about a minute, a host is down: nothing more is waited for, each request is tried once. */
const MAX_FAILURES = 10;

/** What gates are made with. */
export interface GatesOptions {
  /** Told once for each closing of a gate, however many requests wait, and not where none does. */
  readonly onEvent?: EventSink | undefined;
  /** A clock in milliseconds that only goes forward. @default performance.now */
  readonly now?: () => number;
  /** @throws the abort reason of `signal` @default by the clock */
  readonly wait?: (waitMs: number, signal: AbortSignal | undefined) => Promise<void>;
}

/** What all requests to a host wait for after one of them has failed in a way that passes: a gate for each origin. */
export interface Gates {
  /** Waits until this origin may be asked. @throws the abort reason */
  pass(origin: string, signal: AbortSignal | undefined): Promise<Turn>;
}

/** A request that was let through, and is to say how it ended. */
export interface Turn {
  /** The host has answered: the gate opens for all. */
  succeed(): void;
  /**
   * Closes the gate where a repeat may help: after a lost connection, an answer of an overloaded host, or a request to slow
   * down. Gives the error for the caller, which says whether the gate is what its repeat will wait for.
   */
  fail(error: BundleError, what: string): BundleError;
}

interface Gate {
  opensAt: number;
  /** In a row. */
  failures: number;
  /** Counts the closings: what was sent before the last one says nothing new. */
  closings: number;
  /** What is still to be told of the last closing. */
  news: TransferEvent | undefined;
}

/** Gates of which all are open. */
export function createGates(options: GatesOptions = {}): Gates {
  const { onEvent, now = () => performance.now(), wait = waitByClock } = options;
  const gates = new Map<string, Gate>();

  const close = (gate: Gate, origin: string, waitMs: number, message: string): void => {
    const opensAt = now() + waitMs;
    // The others' failures that come in meanwhile are no news, unless one of them asks for more.
    const isNews = waitMs > 0 && opensAt > gate.opensAt + FIRST_WAIT_MS / 2;
    gate.opensAt = Math.max(gate.opensAt, opensAt);
    if (isNews) gate.news = { kind: "retry", host: new URL(origin).host, message, waitMs };
  };

  /** Told by the first that waits: after a last attempt nobody does. */
  const tell = (gate: Gate): void => {
    if (gate.news !== undefined) onEvent?.(gate.news);
    gate.news = undefined;
  };

  return {
    async pass(origin, signal) {
      const gate = gates.get(origin) ?? { opensAt: 0, failures: 0, closings: 0, news: undefined };
      gates.set(origin, gate);
      for (;;) {
        const waitMs = gate.opensAt - now();
        if (waitMs <= 0) break;
        tell(gate);
        await wait(waitMs, signal);
      }
      // Of a wait that is over there is nothing to tell.
      gate.news = undefined;
      if (gate.failures > 0) gate.opensAt = now() + SPACING_MS;
      const { closings } = gate;
      return {
        succeed() {
          if (closings !== gate.closings) return;
          gate.failures = 0;
          gate.opensAt = 0;
          gate.news = undefined;
        },
        fail(error, what) {
          if (!isPassing(error)) return error;
          // Sent before the gate was closed: this is the failure that it was closed for.
          const isStale = closings !== gate.closings && gate.failures > 0;
          if (!isStale) gate.failures += 1;
          if (gate.failures > MAX_FAILURES) return changeError(error, { isGivenUp: true });
          if (!isStale) gate.closings += 1;
          const waitMs = isStale ? (error.retryAfterMs ?? 0) : waitAfter(error, gate.failures);
          close(gate, origin, waitMs, reasonOf(error, what));
          return changeError(error, { isHeldBack: true });
        },
      };
    },
  };
}

/** May the same request succeed in a while? A pull limit names no time, and lasts hours. */
function isPassing({ code, retryAfterMs }: BundleError): boolean {
  if (code === "TOOMANYREQUESTS") return retryAfterMs !== undefined && retryAfterMs <= MAX_ASKED_MS;
  const isOne = code === "CONNECTION_FAILED" || code === "UNAVAILABLE";
  return isOne && (retryAfterMs ?? 0) <= MAX_ASKED_MS;
}

/** What the host asks for, and no less than patience does, unless it says that it is ready. */
function waitAfter({ retryAfterMs }: BundleError, failures: number): number {
  if (retryAfterMs === 0) return 0;
  return Math.max(retryAfterMs ?? 0, Math.min(FIRST_WAIT_MS * 2 ** (failures - 1), LONGEST_WAIT_MS));
}

/** What stands behind "Cannot VERB OBJECT", which is of no interest to the others that wait. */
function reasonOf({ code, message }: BundleError, what: string): string {
  if (code === "TOOMANYREQUESTS") return "it asks to slow down (429)";
  const start = `Cannot ${what}: `;
  return message.startsWith(start) ? message.slice(start.length) : message;
}
