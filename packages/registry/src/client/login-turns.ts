import type { Credentials } from "../credentials/credentials.ts";

/** Lets whoever uses credentials go one by one until they have been taken once: directories lock accounts. */
export interface LoginTurns {
  /** Waits for the turn of these credentials. Resolves to what ends it, which may be called more than once. */
  take(credentials: Credentials | undefined): Promise<() => void>;
  /** They were taken: from now on nobody waits for them. */
  accept(credentials: Credentials | undefined): void;
}

/** Turns of which none is taken. Using no credentials, one never waits. */
export function createLoginTurns(): LoginTurns {
  const accepted = new Set<string>();
  const last = new Map<string, Promise<void>>();
  return {
    async take(credentials) {
      const key = JSON.stringify(credentials ?? null);
      if (credentials === undefined || accepted.has(key)) return () => undefined;
      const before = last.get(key);
      const turn = Promise.withResolvers<void>();
      last.set(key, turn.promise);
      await before;
      if (accepted.has(key)) turn.resolve();
      return turn.resolve;
    },
    accept(credentials) {
      accepted.add(JSON.stringify(credentials ?? null));
    },
  };
}
