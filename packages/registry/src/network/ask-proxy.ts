import { NetworkError } from "./network-error.ts";
import type { ProxyServer } from "./proxies.ts";

/**
 * As long as a tunnel may take. Another request's failure cannot stand for this one's, since it may be its host that is
 * down; so whoever has waited for so long goes unasked.
 */
const MAX_WAIT_MS = 30_000;

/**
 * Sends a proxy something with our password, unless it has refused that before: many systems lock an account that is
 * tried too often. Until it has let something through nothing else is sent there meanwhile, for half a minute at most.
 *
 * @throws what `send` throws; of that, an `UNAUTHORIZED` is the refusal
 */
export type AskProxy = <T>(proxy: ProxyServer, send: () => Promise<T>) => Promise<T>;

/** How a proxy is asked. */
export interface AskProxyOptions {
  /** How long one waits for others. @default half a minute */
  readonly maxWaitMs?: number;
}

/** What is known of one password of one proxy. */
interface Trial {
  isTaken: boolean;
  refusal?: NetworkError;
  /** Ends, and never fails, with what was sent to find out. */
  running?: Promise<void>;
}

/** Knows of no proxy yet. All registries of a run share it. */
export function createAskProxy({ maxWaitMs = MAX_WAIT_MS }: AskProxyOptions = {}): AskProxy {
  const trials = new Map<string, Trial>();

  /** No failure but a refusal says anything of the password: a proxy that is overloaded, or denies, may not have looked. */
  const sendNoted = async <T>(trial: Trial, send: () => Promise<T>): Promise<T> => {
    try {
      const sent = await send();
      trial.isTaken = true;
      return sent;
    } catch (error) {
      if (error instanceof NetworkError && error.code === "UNAUTHORIZED") trial.refusal = error;
      throw error;
    }
  };

  const sendAlone = async <T>(trial: Trial, send: () => Promise<T>): Promise<T> => {
    const { promise, resolve } = Promise.withResolvers<void>();
    trial.running = promise;
    try {
      return await sendNoted(trial, send);
    } finally {
      if (trial.running === promise) delete trial.running;
      resolve();
    }
  };

  return async (proxy, send) => {
    const password = proxy.headers["proxy-authorization"] ?? "";
    const key = `${proxy.origin} ${password}`;
    // Without a password nothing can be locked, and nobody need wait.
    const trial = trials.get(key) ?? { isTaken: password === "" };
    trials.set(key, trial);
    let patience: Patience | undefined;
    while (isBeingTried(trial) && patience?.isOver !== true) {
      patience ??= startPatience(maxWaitMs);
      // Whoever is the first to go on is the next that tries: nothing may come between.
      await Promise.race([trial.running, patience.end]);
    }
    if (trial.refusal !== undefined) throw trial.refusal;
    return trial.isTaken ? await sendNoted(trial, send) : await sendAlone(trial, send);
  };
}

/** Is somebody about to find out whether the password is taken? */
function isBeingTried({ isTaken, refusal, running }: Trial): boolean {
  return !isTaken && refusal === undefined && running !== undefined;
}

interface Patience {
  isOver: boolean;
  /** Resolves when it is. */
  readonly end: Promise<void>;
}

function startPatience(maxWaitMs: number): Patience {
  const { promise: end, resolve } = Promise.withResolvers<void>();
  const patience: Patience = { isOver: false, end };
  const run = (): void => {
    patience.isOver = true;
    resolve();
  };
  // What is waited for keeps the process from ending, not the wait.
  setTimeout(run, maxWaitMs).unref();
  return patience;
}
