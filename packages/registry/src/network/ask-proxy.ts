import { NetworkError } from "./network-error.ts";
import type { ProxyServer } from "./proxies.ts";

/**
 * Sends a proxy something with our password, unless it has refused that before: many systems lock an account that is
 * tried too often. Until it is known not to be the password that fails, nothing else is sent there meanwhile.
 *
 * @throws what `send` throws; of that, an `UNAUTHORIZED` is the refusal
 */
export type AskProxy = <T>(proxy: ProxyServer, send: () => Promise<T>) => Promise<T>;

/** What is known of one password of one proxy. */
interface Trial {
  isTaken: boolean;
  refusal?: NetworkError;
  /** Ends, and never fails, with what was sent to find out. */
  running?: Promise<void>;
}

/** Squid denies before it looks at a password; of any other failure but a refusal the password is not the reason. */
function noteFailure(trial: Trial, error: NetworkError): void {
  if (error.code === "UNAUTHORIZED") trial.refusal = error;
  else if (error.code !== "DENIED") trial.isTaken = true;
}

/** Knows of no proxy yet. All registries of a run share it. */
export function createAskProxy(): AskProxy {
  const trials = new Map<string, Trial>();

  const sendNoted = async <T>(trial: Trial, send: () => Promise<T>): Promise<T> => {
    try {
      const sent = await send();
      trial.isTaken = true;
      return sent;
    } catch (error) {
      if (error instanceof NetworkError) noteFailure(trial, error);
      throw error;
    }
  };

  return async (proxy, send) => {
    const password = proxy.headers["proxy-authorization"] ?? "";
    const key = `${proxy.origin} ${password}`;
    // Without a password nothing can be locked, and nobody need wait.
    const trial = trials.get(key) ?? { isTaken: password === "" };
    trials.set(key, trial);
    while (!trial.isTaken && trial.refusal === undefined && trial.running !== undefined) await trial.running;
    if (trial.refusal !== undefined) throw trial.refusal;
    if (trial.isTaken) return await sendNoted(trial, send);
    const { promise, resolve } = Promise.withResolvers<void>();
    trial.running = promise;
    try {
      return await sendNoted(trial, send);
    } finally {
      delete trial.running;
      resolve();
    }
  };
}
