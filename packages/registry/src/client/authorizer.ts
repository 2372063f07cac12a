import { BundleError } from "@airgap-bundle/core";
import type { Dispatcher } from "undici";
import type { Credentials } from "../credentials/credentials.ts";
import { type Challenge, parseChallenges } from "./challenge.ts";
import { basicHeader, fetchToken, type Token } from "./token.ts";

/** A token is renewed this long before it ends, so that it does not end on the way. */
const RENEWAL_MS = 10_000;

/** What an authorizer works with. */
export interface AuthorizerOptions {
  readonly registry: string;
  readonly credentials: Credentials | undefined;
  readonly dispatcher: Dispatcher;
  /** Milliseconds that never go back. */
  readonly now: () => number;
}

/** Gives requests to one registry their `Authorization`. */
export interface Authorizer {
  /** The header for these scopes, as far as the registry has said what it wants; undefined before that. */
  authorize(
    scopes: readonly string[],
    origin: string,
    signal: AbortSignal | undefined,
  ): Promise<string | undefined>;
  /**
   * Learns from a 401 what the registry wants; `used` is the header that it refused.
   *
   * @throws `UNAUTHORIZED` if nothing that is known could satisfy it
   */
  learn(headers: string | readonly string[] | undefined, used: string | undefined): void;
}

interface CachedToken {
  readonly promise: Promise<Token>;
  /** Never while it is being fetched, so that whoever needs it meanwhile waits for the same one. */
  endsAt: number;
}

/** An authorizer that knows nothing of its registry yet. Tokens are asked for once per set of scopes. */
export function createAuthorizer(options: AuthorizerOptions): Authorizer {
  const { registry, credentials, dispatcher, now } = options;
  const tokens = new Map<string, CachedToken>();
  let challenge: Challenge | undefined;

  const getToken = async (
    wanted: Challenge,
    scopes: readonly string[],
    origin: string,
    signal: AbortSignal | undefined,
  ): Promise<Token> => {
    const key = scopes.join(" ");
    const cached = tokens.get(key);
    if (cached !== undefined && cached.endsAt - RENEWAL_MS > now()) return await cached.promise;
    const promise = fetchToken(wanted, {
      registry,
      origin,
      scopes,
      credentials,
      dispatcher,
      ...(signal === undefined ? {} : { signal }),
    });
    const fresh: CachedToken = { promise, endsAt: Number.POSITIVE_INFINITY };
    tokens.set(key, fresh);
    try {
      const token = await promise;
      fresh.endsAt = now() + token.lifetimeMs;
      return token;
    } catch (error) {
      fresh.endsAt = Number.NEGATIVE_INFINITY;
      throw error;
    }
  };

  return {
    async authorize(scopes, origin, signal) {
      if (challenge === undefined) return undefined;
      if (challenge.scheme === "bearer")
        return `Bearer ${(await getToken(challenge, scopes, origin, signal)).token}`;
      return credentials === undefined ? undefined : basicHeader(credentials);
    },
    learn(headers, used) {
      const offered = parseChallenges(headers);
      const bearer = offered.find(({ scheme, parameters }) => scheme === "bearer" && parameters.has("realm"));
      const basic = offered.find(({ scheme }) => scheme === "basic");
      if (used?.startsWith("Bearer ") === true) tokens.clear();
      if (bearer !== undefined) challenge = bearer;
      else if (basic !== undefined && credentials !== undefined && used === undefined) challenge = basic;
      else throw refused(registry, credentials, offered);
    },
  };
}

function refused(
  registry: string,
  credentials: Credentials | undefined,
  offered: readonly Challenge[],
): BundleError {
  if (credentials !== undefined) {
    return new BundleError(
      "UNAUTHORIZED",
      `Cannot log in to ${registry} as ${credentials.username}: it refuses these credentials`,
      {
        hint: "Check user name and password: auth in the selection, or docker login",
      },
    );
  }
  const schemes = offered.map(({ scheme }) => scheme).join(", ") || "nothing that is known";
  return new BundleError(
    "UNAUTHORIZED",
    `Cannot use ${registry} without credentials: it asks for ${schemes}`,
    {
      hint: `Log in with docker login ${registry}, give a file with --authfile, or set auth in the selection`,
    },
  );
}
