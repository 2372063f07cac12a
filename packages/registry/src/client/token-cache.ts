import { isBundleError } from "@airgap-bundle/core";
import type { Token } from "./token.ts";

/** A token is renewed this long before it ends, so that it does not end on the way. */
const RENEWAL_MS = 10_000;

/** A token for a request. */
export interface GivenToken {
  readonly token: string;
  /** No request has been refused or allowed with it when it was asked for. */
  readonly isNew: boolean;
}

/** Tokens by what they are for: who asks for one that is being fetched waits for the same one. */
export interface TokenCache {
  /** The token of this key, fetched if there is none that lives long enough. @throws what `fetch` throws */
  get(key: string, fetch: () => Promise<Token>, signal: AbortSignal | undefined): Promise<GivenToken>;
  /** Forgets this token, and no newer one. */
  drop(token: string): void;
}

interface CachedToken {
  readonly promise: Promise<Token>;
  /** Never while it is being fetched. */
  endsAt: number;
  /** Absent while it is being fetched. */
  token?: string;
}

/** An empty cache; `now` is milliseconds that never go back. */
export function createTokenCache(now: () => number): TokenCache {
  const cached = new Map<string, CachedToken>();

  const fetchInto = async (key: string, fetch: () => Promise<Token>): Promise<GivenToken> => {
    const fresh: CachedToken = { promise: fetch(), endsAt: Number.POSITIVE_INFINITY };
    cached.set(key, fresh);
    try {
      const { token, lifetimeMs } = await fresh.promise;
      fresh.token = token;
      fresh.endsAt = now() + lifetimeMs;
      return { token, isNew: true };
    } catch (error) {
      if (cached.get(key) === fresh) cached.delete(key);
      throw error;
    }
  };

  const get: TokenCache["get"] = async (key, fetch, signal) => {
    const known = cached.get(key);
    if (known === undefined || known.endsAt - RENEWAL_MS <= now()) return await fetchInto(key, fetch);
    const isNew = known.token === undefined;
    try {
      return { token: (await known.promise).token, isNew };
    } catch (error) {
      // Whoever fetched it has given up; that is no reason for the others to.
      if (isBundleError(error) || signal?.aborted === true) throw error;
      return await get(key, fetch, signal);
    }
  };

  return {
    get,
    drop(token) {
      for (const [key, one] of cached) if (one.token === token) cached.delete(key);
    },
  };
}
