import { isBundleError } from "@airgap-bundle/core";
import type { Credentials } from "../credentials/credentials.ts";
import type { Wanted } from "./authorizer.ts";
import type { Challenge } from "./challenge.ts";
import type { LoginTurns } from "./login-turns.ts";
import { joinScopes } from "./scopes.ts";
import type { Refused, Strikes } from "./strikes.ts";
import { type FetchTokenOptions, fetchToken, type Token } from "./token.ts";
import { createTokenCache, type GivenToken, type TokenCache } from "./token-cache.ts";

/** What tokens are fetched with. */
export interface TokenLoginOptions
  extends Pick<FetchTokenOptions, "registry" | "dispatcher" | "findProxy" | "userAgent" | "onPlain"> {
  /** Milliseconds that never go back. */
  readonly now: () => number;
  readonly strikes: Strikes;
  readonly turns: LoginTurns;
}

/** Logs in at token servers. */
export interface TokenLogin {
  /**
   * A token for these scopes, once for whoever wants the same.
   *
   * @throws what {@link fetchToken} throws; `UNAUTHORIZED`, `DENIED` after too many refusals
   */
  get(from: Challenge, credentials: Credentials | undefined, wanted: Wanted): Promise<GivenToken>;
  /** Forgets this token, and no newer one. */
  readonly drop: TokenCache["drop"];
}

/** A login that has no token yet. What token servers refuse is counted as strikes. */
export function createTokenLogin(options: TokenLoginOptions): TokenLogin {
  const { registry, dispatcher, findProxy, userAgent, now, onPlain, strikes, turns } = options;
  const tokens = createTokenCache(now);

  /** With 403 a token server speaks of the repository: GHCR does so for every one that it does not show. */
  const noteRefusal = (error: unknown, { credentials, scopes }: Refused): void => {
    if (!isBundleError(error, "DENIED") && !isBundleError(error, "UNAUTHORIZED")) return;
    const isLogin = credentials !== undefined && error.code === "UNAUTHORIZED";
    strikes.add({ credentials, scopes: isLogin ? [] : scopes }, error);
  };

  const fetchNoted = async (from: Challenge, asked: FetchTokenOptions): Promise<Token> => {
    try {
      const token = await fetchToken(from, asked);
      turns.release(asked.credentials);
      return token;
    } catch (error) {
      noteRefusal(error, asked);
      throw error;
    }
  };

  const fetchInTurn = async (from: Challenge, asked: FetchTokenOptions): Promise<Token> => {
    const turn = await turns.take(asked.credentials);
    try {
      strikes.check(asked);
      return await fetchNoted(from, asked);
    } catch (error) {
      turn.fail(error);
      throw error;
    } finally {
      turn.end();
    }
  };

  return {
    async get(from, credentials, { scopes, origin, signal }) {
      const place = [from.parameters.get("realm"), from.parameters.get("service")];
      const key = JSON.stringify([...place, credentials ?? null, joinScopes(scopes)]);
      const asked = {
        registry,
        origin,
        scopes,
        credentials,
        dispatcher,
        findProxy,
        userAgent,
        ...(onPlain === undefined ? {} : { onPlain }),
        ...(signal === undefined ? {} : { signal }),
      };
      return await tokens.get(key, async () => await fetchInTurn(from, asked), signal);
    },
    drop: tokens.drop,
  };
}
