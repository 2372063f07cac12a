import { type BundleError, type EventSink, isBundleError } from "@airgap-bundle/core";
import type { Dispatcher } from "undici";
import { toBasicHeader } from "../credentials/basic-header.ts";
import type { Credentials } from "../credentials/credentials.ts";
import type { FindProxy } from "../network/proxies.ts";
import type { Challenge } from "./challenge.ts";
import { createLoginTurns, type LoginTurn, NO_TURN } from "./login-turns.ts";
import { isLoopback } from "./scheme.ts";
import { joinScopes, missingScopes, repositoryOf } from "./scopes.ts";
import { createStrikes } from "./strikes.ts";
import { createTokenLogin } from "./token-login.ts";

/**
 * Credentials for a repository of one registry, or for what is no repository. With `refused` something newer is wanted.
 *
 * @throws `UNAUTHORIZED`
 */
export type FindOwnCredentials = (
  repository: string | undefined,
  refused?: Credentials,
) => Promise<Credentials | undefined>;

/** What an authorizer works with. */
export interface AuthorizerOptions {
  readonly registry: string;
  readonly findCredentials: FindOwnCredentials;
  readonly dispatcher: Dispatcher;
  /** Those of the dispatcher. @default none */
  readonly findProxy?: FindProxy | undefined;
  readonly userAgent: string;
  readonly onEvent?: EventSink | undefined;
  /** Milliseconds that never go back. */
  readonly now: () => number;
}

/** What a request is to be allowed. */
export interface Wanted {
  /** The most important first. */
  readonly scopes: readonly string[];
  /** Of the registry. */
  readonly origin: string;
  readonly signal?: AbortSignal | undefined;
}

/**
 * What a request carries, whose it is, and what it allows. It is a turn of credentials, to be ended when it is known
 * whether the registry takes them, and what else became of the request: others wait for that.
 */
export interface Authorization extends LoginTurn {
  readonly header: string;
  readonly credentials: Credentials | undefined;
  readonly scopes: readonly string[];
  /** Made for this request: if it is refused another one will be. */
  readonly isNew: boolean;
}

/** Gives requests to one registry their `Authorization`. */
export interface Authorizer {
  /** Has the registry ever said how it wants to be logged in to? */
  isChallenged(): boolean;
  /** How it wants that; the last challenge counts. */
  learn(challenge: Challenge): void;
  /**
   * For these scopes, as far as the registry has said what it wants; undefined before that, and without credentials where
   * a password is wanted.
   *
   * @throws what {@link fetchToken} throws; `UNAUTHORIZED`, `DENIED` after too many refusals
   */
  authorize(wanted: Wanted): Promise<Authorization | undefined>;
  /** The registry refused it: its token is not used again. True if there may be something better. */
  renew(refused: Authorization, wanted: Wanted): Promise<boolean>;
  /** A refused token was for too little: what the challenge names is asked for as well. True if that is more. */
  widen(refused: Authorization, wanted: Wanted, challenge: Challenge): boolean;
  /** There is nothing else to try. `isLogin`: not only for these scopes. */
  giveUp(refused: Authorization, error: BundleError, options: { readonly isLogin: boolean }): void;
  /** The registry took it. */
  accept(used: Authorization): void;
}

/** An authorizer that knows nothing of its registry yet. A token is asked for once for credentials and scopes. */
export function createAuthorizer(options: AuthorizerOptions): Authorizer {
  const { registry, findCredentials, onEvent } = options;
  const strikes = createStrikes(registry);
  const turns = createLoginTurns(registry);
  const onPlain = createPlainWarning(registry, onEvent);
  const tokens = createTokenLogin({ ...options, onPlain, strikes, turns });
  const wider = new Map<string, readonly string[]>();
  let challenge: Challenge | undefined;

  const scopesFor = ({ scopes }: Wanted): readonly string[] => wider.get(joinScopes(scopes)) ?? scopes;

  const authorizeAs = async (
    credentials: Credentials | undefined,
    wanted: Wanted,
    by: Challenge,
  ): Promise<Authorization | undefined> => {
    const { scopes, origin } = wanted;
    strikes.check({ credentials, scopes });
    if (by.scheme === "bearer" && credentials?.kind !== "registryToken") {
      const { token, isNew } = await tokens.get(by, credentials, wanted);
      return { header: `Bearer ${token}`, credentials, scopes, isNew, ...NO_TURN };
    }
    if (credentials === undefined) return undefined;
    const header = toDirectHeader(credentials, registry);
    if (origin.startsWith("http:")) onPlain(new URL(origin).host);
    const turn = await turns.take(credentials);
    try {
      // They may have been refused meanwhile.
      strikes.check({ credentials, scopes });
    } catch (error) {
      turn.end();
      throw error;
    }
    return { header, credentials, scopes, isNew: true, ...turn };
  };

  return {
    isChallenged: () => challenge !== undefined,
    learn: (latest) => {
      challenge = latest;
    },
    async authorize(wanted) {
      const by = challenge;
      if (by === undefined) return undefined;
      const repository = repositoryOf(wanted.scopes);
      const credentials = await findCredentials(repository);
      const widened = { ...wanted, scopes: scopesFor(wanted) };
      try {
        return await authorizeAs(credentials, widened, by);
      } catch (error) {
        const isRefused = isBundleError(error, "UNAUTHORIZED") || isBundleError(error, "DENIED");
        if (!isRefused || credentials === undefined) throw error;
        const newer = await findCredentials(repository, credentials);
        if (newer === undefined || newer === credentials) throw error;
        return await authorizeAs(newer, widened, by);
      }
    },
    async renew(refused, { scopes }) {
      const { header, credentials, isNew } = refused;
      if (isFetched(refused)) {
        tokens.drop(header.slice("Bearer ".length));
        return !isNew;
      }
      if (credentials === undefined) return false;
      const newer = await findCredentials(repositoryOf(scopes), credentials);
      return newer !== undefined && newer !== credentials;
    },
    widen(refused, wanted, { parameters }) {
      const { scopes } = refused;
      const more = missingScopes(parameters.get("scope"), scopes);
      if (more.length === 0 || !isFetched(refused)) return false;
      wider.set(joinScopes(wanted.scopes), [...scopes, ...more]);
      return true;
    },
    giveUp({ credentials, scopes }, error, { isLogin }) {
      strikes.add({ credentials, scopes: isLogin ? [] : scopes }, error);
    },
    accept(used) {
      turns.release(used.credentials);
      strikes.clear(used);
    },
  };
}

/** Is it a token that the token server gave, and not one that was given to us beforehand? */
function isFetched({ header, credentials }: Authorization): boolean {
  return header.startsWith("Bearer ") && credentials?.kind !== "registryToken";
}

function toDirectHeader(credentials: Credentials, registry: string): string {
  return credentials.kind === "registryToken"
    ? `Bearer ${credentials.token}`
    : toBasicHeader(credentials, registry);
}

/** Tells once for each host that credentials go there unprotected; on this machine nobody listens. */
function createPlainWarning(registry: string, onEvent: EventSink | undefined): (host: string) => void {
  const told = new Set<string>();
  return (host) => {
    if (isLoopback(host) || told.has(host)) return;
    told.add(host);
    const message = `The credentials for ${registry} go to ${host} without TLS: everybody on the way can read them`;
    onEvent?.({ kind: "warning", code: "CREDENTIALS_WITHOUT_TLS", message });
  };
}
