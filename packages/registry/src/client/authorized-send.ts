import type { BundleError } from "@airgap-bundle/core";
import { lineOf } from "./answer-error.ts";
import type { Authorization, Authorizer, Wanted } from "./authorizer.ts";
import { type Call, isExpected } from "./call.ts";
import { type Challenge, chooseChallenge, parseChallenges } from "./challenge.ts";
import type { Connection, LocatedResponse } from "./connection.ts";
import {
  anonymousError,
  isProjectMissing,
  loginError,
  missingError,
  overloadedError,
  refusedError,
  unknownSchemeError,
} from "./login-errors.ts";
import { discard, isOverloaded, type Response, toRegistryError } from "./response.ts";

/** A request is sent without a token, with one, and with a better one. */
const MAX_ATTEMPTS = 3;

/** What requests are sent with. */
export interface AuthorizedSendOptions {
  /** Where one logs in, in messages. */
  readonly registry: string;
  readonly connection: Connection;
  readonly authorizer: Authorizer;
}

/** A call, the registry's origin, and what came of it. */
interface Answered {
  readonly call: Call;
  readonly own: string;
  readonly located: LocatedResponse;
}

/** What the base endpoint says of a login. */
interface BaseAnswer {
  /** It wants one. */
  readonly challenges?: readonly Challenge[];
  /** It is too busy to say: its gate is closed. */
  readonly overload?: BundleError;
}

/** What a 401 says. */
interface Refusal {
  readonly call: Call;
  readonly wanted: Wanted;
  readonly used: Authorization | undefined;
  /** Counts from 1. */
  readonly attempt: number;
  readonly offered: readonly Challenge[];
  /** The registry's own words. */
  readonly said: BundleError;
}

/**
 * Sends requests with what the registry wants to be authorised with. A 401 of the registry itself is answered by logging
 * in, and one of a token that was good before by a new one; more often no request is repeated.
 *
 * @throws `UNAUTHORIZED` if nothing that there is satisfies it; `DENIED` if it hides that a project does not exist;
 * `UNAVAILABLE`, `TOOMANYREQUESTS` if it is too busy to say how to log in
 */
export function createAuthorizedSend(
  options: AuthorizedSendOptions,
): (call: Call) => Promise<LocatedResponse> {
  const { registry, connection, authorizer } = options;

  /** What the base endpoint asks for: {@link https://distribution.github.io/distribution/spec/api/#api-version-check}. */
  const askBase = async ({ signal }: Call, header?: string): Promise<BaseAnswer> => {
    const what = `ask ${registry} how to log in`;
    const call = { method: "GET", url: "/v2/", scopes: [], expected: [], what, signal } as const;
    const { response, origin, turn } = await connection.request(call, header);
    const isOwn = origin === (await connection.origin(call));
    if (isOwn && isOverloaded(response)) {
      const error = await toRegistryError(response, what, lineOf(call, origin));
      return { overload: turn.fail(error, what) };
    }
    await discard(response);
    return response.statusCode === 401 && isOwn ? { challenges: challengesOf(response) } : {};
  };

  /** The first login of a request; some registries say only at their base endpoint how it is done. */
  const logIn = async ({ call, wanted, offered, said }: Refusal): Promise<Authorization> => {
    if (!authorizer.isChallenged()) {
      const { challenges: atBase = [], overload } = await askBase(call);
      if (overload !== undefined) throw overload;
      const challenge = chooseChallenge(atBase);
      if (challenge === undefined) {
        throw isProjectMissing(said)
          ? missingError(call, registry, undefined)
          : unknownSchemeError(registry, [...offered, ...atBase], said);
      }
      authorizer.learn(challenge);
    }
    const authorization = await authorizer.authorize(wanted);
    if (authorization !== undefined) return authorization;
    throw offered.length === 0 && isProjectMissing(said)
      ? missingError(call, registry, undefined)
      : anonymousError(registry, said);
  };

  /** The error of an authorization in whose place there is nothing better. */
  const giveUp = async (refusal: Refusal, used: Authorization): Promise<BundleError> => {
    const { call, offered, said } = refusal;
    const isDirect = used.header.startsWith("Basic ") || used.credentials?.kind === "registryToken";
    const base = isDirect && offered.length === 0 ? await askBase(call, used.header) : {};
    const isLogin = isDirect && (offered.length > 0 || base.challenges !== undefined);
    // Where it is too busy to say what is refused, what it has said is told, and the password not sent once more.
    const isMissing = offered.length === 0 && !isLogin && base.overload === undefined;
    if (isMissing) return missingError(call, registry, used.credentials);
    const error = isLogin ? loginError(registry, used.credentials, said) : refusedError(said, used);
    // Of a password that may be wrong nobody is to send more than that.
    authorizer.giveUp(used, error, { isLogin: isLogin || base.overload !== undefined });
    return error;
  };

  const answerRefusal = async (refusal: Refusal): Promise<Authorization> => {
    const { call, wanted, used, attempt, offered, said } = refusal;
    const challenge = chooseChallenge(offered);
    if (challenge !== undefined) authorizer.learn(challenge);
    if (used === undefined) return await logIn(refusal);
    if (offered.length === 0 && isProjectMissing(said)) throw missingError(call, registry, used.credentials);
    const isWider = challenge !== undefined && authorizer.widen(used, wanted, challenge);
    const isWorthwhile = isWider || (await authorizer.renew(used, wanted));
    if (!isWorthwhile || attempt >= MAX_ATTEMPTS) throw await giveUp(refusal, used);
    used.end();
    const next = await authorizer.authorize(wanted);
    if (next === undefined) throw await giveUp(refusal, used);
    return next;
  };

  /** Who waits for these credentials to be taken waits no longer where nobody answers. */
  const request = async (call: Call, used: Authorization | undefined): Promise<LocatedResponse> => {
    try {
      return await connection.request(call, used?.header, {
        // It has looked at the credentials, whatever becomes of the rest.
        onRedirect: () => {
          if (used !== undefined) authorizer.accept(used);
        },
      });
    } catch (error) {
      used?.fail(error);
      throw error;
    }
  };

  /**
   * An overloaded registry may not have looked at credentials; one that redirects has. A limit is told to each that asks:
   * what it means is for its answer to say.
   */
  const noteAnswer = (used: Authorization, { call, own, located }: Answered): void => {
    const { response, origin } = located;
    if (origin !== own || !isOverloaded(response)) authorizer.accept(used);
    else if (response.statusCode === 429) used.end();
    else used.fail(overloadedError(call, response));
  };

  return async (call) => {
    const own = await connection.origin(call);
    const wanted = { scopes: call.scopes, origin: own, signal: call.signal };
    const isOwn = new URL(call.url, own).origin === own;
    let used = isOwn ? await authorizer.authorize(wanted) : undefined;
    try {
      for (let attempt = 1; ; attempt++) {
        const located = await request(call, used);
        const { response, origin } = located;
        if (response.statusCode !== 401 || origin !== own) {
          if (used !== undefined) noteAnswer(used, { call, own, located });
          return located;
        }
        if (isExpected(call, 401)) return located;
        const offered = challengesOf(response);
        const said = await toRegistryError(response, call.what, lineOf(call, own));
        used = await answerRefusal({ call, wanted, used, attempt, offered, said });
      }
    } finally {
      used?.end();
    }
  };
}

function challengesOf(response: Response): readonly Challenge[] {
  return parseChallenges(response.headers["www-authenticate"]);
}
