import { type BundleError, changeError, isBundleError } from "@airgap-bundle/core";
import { type Credentials, describeCredentials } from "../credentials/credentials.ts";

/** Lets whoever uses credentials go one by one until they were taken once: directories lock accounts. */
export interface LoginTurns {
  /**
   * Waits for the turn of these credentials.
   *
   * @throws `CONNECTION_FAILED`, `TLS_FAILED`, `UNAVAILABLE` if nobody was there to look at them in the turn before: whoever
   * waits meanwhile fails too, so that a server that is down costs one time limit, and not one after the other
   */
  take(credentials: Credentials | undefined): Promise<LoginTurn>;
  /** They were taken: from now on nobody waits for them. */
  release(credentials: Credentials | undefined): void;
}

/** The only use of credentials of which it is not known yet whether they are taken. */
export interface LoginTurn {
  /** The next one goes. May be called more than once, and does nothing then. */
  end(): void;
  /** As {@link end}, and what it failed with says whether those that wait may hope for more. */
  fail(error: unknown): void;
}

interface Line {
  isTaken: boolean;
  isBusy: boolean;
  readonly waiting: PromiseWithResolvers<void>[];
}

/** Of what nobody waits for. */
export const NO_TURN: LoginTurn = { end: () => undefined, fail: () => undefined };

/** Turns of which none is taken. Using no credentials, one never waits. */
export function createLoginTurns(registry: string): LoginTurns {
  const lines = new Map<string, Line>();

  const lineOf = (credentials: Credentials | undefined): Line => {
    const key = JSON.stringify(credentials ?? null);
    const line = lines.get(key) ?? { isTaken: credentials === undefined, isBusy: false, waiting: [] };
    lines.set(key, line);
    return line;
  };

  const begin = (line: Line, restate: (error: BundleError) => BundleError): LoginTurn => {
    let isOver = false;
    const end = (): void => {
      if (isOver) return;
      isOver = true;
      const next = line.waiting.shift();
      // Whoever is next has the line before anybody else can ask for it.
      if (next === undefined) line.isBusy = false;
      else next.resolve();
    };
    return {
      end,
      fail(error) {
        if (!isOver && isUnseen(error))
          for (const { reject } of line.waiting.splice(0)) reject(restate(error));
        end();
      },
    };
  };

  return {
    async take(credentials) {
      const line = lineOf(credentials);
      if (line.isTaken) return NO_TURN;
      if (line.isBusy) {
        const turn = Promise.withResolvers<void>();
        line.waiting.push(turn);
        await turn.promise;
      }
      line.isBusy = true;
      return begin(line, (error) => restated(registry, credentials, error));
    },
    release(credentials) {
      const line = lineOf(credentials);
      line.isTaken = true;
      for (const { resolve } of line.waiting.splice(0)) resolve();
    },
  };
}

/** Did it fail before anybody looked at the credentials? */
function isUnseen(error: unknown): error is BundleError {
  return (
    isBundleError(error, "CONNECTION_FAILED") ||
    isBundleError(error, "TLS_FAILED") ||
    isBundleError(error, "UNAVAILABLE")
  );
}

function restated(registry: string, credentials: Credentials | undefined, error: BundleError): BundleError {
  const message = `Cannot log in to ${registry} ${describeCredentials(credentials)}: the request before this one failed: ${error.message}`;
  return changeError(error, { message, cause: error });
}
