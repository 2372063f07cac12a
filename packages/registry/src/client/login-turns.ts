import type { Credentials } from "../credentials/credentials.ts";

/** Lets whoever uses credentials go one by one until nothing speaks against them: directories lock accounts. */
export interface LoginTurns {
  /** Waits for the turn of these credentials. Resolves to what ends it, which may be called more than once. */
  take(credentials: Credentials | undefined): Promise<() => void>;
  /** They were taken, or something else failed than the login: from now on nobody waits for them. */
  release(credentials: Credentials | undefined): void;
}

/** Turns of which none is taken. Using no credentials, one never waits. */
export function createLoginTurns(): LoginTurns {
  const released = new Set<string>();
  const last = new Map<string, Promise<void>>();
  return {
    async take(credentials) {
      const key = JSON.stringify(credentials ?? null);
      if (credentials === undefined || released.has(key)) return () => undefined;
      const before = last.get(key);
      const turn = Promise.withResolvers<void>();
      last.set(key, turn.promise);
      await before;
      if (released.has(key)) turn.resolve();
      return turn.resolve;
    },
    release(credentials) {
      released.add(JSON.stringify(credentials ?? null));
    },
  };
}
