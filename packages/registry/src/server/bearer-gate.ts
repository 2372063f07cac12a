import type { IncomingMessage } from "node:http";
import { readAll } from "@airgap-bundle/core";
import { type Answer, errorAnswer, jsonAnswer } from "./answer.ts";
import { areSameCredentials, parseBasic } from "./credentials.ts";
import { type Gate, unauthorizedAnswer } from "./gate.ts";
import type { Access, Action, BearerAuth, ServerUser } from "./options.ts";
import { formatScopes, parseScopes, type Scope, scopesOf } from "./scope.ts";

const DEFAULT_EXPIRES_IN_SECONDS = 300;
const SERVICE = "registry";
const MAX_FORM_SIZE = 64 * 1024;

/** What a token allows, and whose it is. */
interface Token {
  readonly username?: string;
  readonly scopes: readonly Scope[];
  readonly expiresAtMs: number;
}

/**
 * Lets requests pass that carry a token for what they do:
 * {@link https://distribution.github.io/distribution/spec/auth/token/}. 401 where another token would do; 403 `DENIED`
 * where none can be had.
 */
export function openBearerGate(auth: BearerAuth): Gate {
  const { expiresInSeconds = DEFAULT_EXPIRES_IN_SECONDS, grant = isKnownUser } = auth;
  const tokens = new Map<string, Token>();

  const canHave = (username: string | undefined, access: Access): boolean =>
    grant({ ...access, ...(username === undefined ? {} : { username }) });

  function issue(username: string | undefined, asked: readonly Scope[]): Answer {
    if (asked.some(({ repository }) => repository !== undefined && auth.refusesScope?.(repository)))
      return jsonAnswer(400, { details: "invalid repository name" });
    for (const [text, { expiresAtMs }] of tokens) if (expiresAtMs <= Date.now()) tokens.delete(text);
    const scopes = asked.map((scope) => ({
      ...scope,
      actions: scope.actions.filter((action) => canHave(username, accessOf(scope, action))),
    }));
    const token = crypto.randomUUID();
    const expiresAtMs = Date.now() + expiresInSeconds * 1000;
    tokens.set(token, { ...(username === undefined ? {} : { username }), scopes, expiresAtMs });
    return jsonAnswer(200, { token, access_token: token, expires_in: expiresInSeconds });
  }

  /** Undefined for somebody with a wrong password. */
  function nameUser(given: ServerUser): string | undefined {
    const isRefresh = auth.refreshToken !== undefined && given.password === auth.refreshToken;
    return isRefresh || areSameCredentials(given, auth) ? auth.username : undefined;
  }

  function answerGet(request: IncomingMessage, query: URLSearchParams): Answer {
    const { authorization } = request.headers;
    const given = parseBasic(authorization);
    const username = given === undefined ? undefined : nameUser(given);
    if (authorization !== undefined && username === undefined)
      return unauthorizedAnswer(`Basic realm="${SERVICE}"`);
    return issue(username, query.getAll("scope").flatMap(parseScopes));
  }

  /** {@link https://distribution.github.io/distribution/spec/auth/oauth/} */
  async function answerPost(request: IncomingMessage): Promise<Answer> {
    const body = await readAll(request, MAX_FORM_SIZE);
    const form = new URLSearchParams(Buffer.from(body).toString());
    const isRefresh = form.get("grant_type") === "refresh_token";
    const password = form.get(isRefresh ? "refresh_token" : "password") ?? "";
    const username = nameUser({ username: form.get("username") ?? "", password });
    if (username === undefined) return unauthorizedAnswer(`Basic realm="${SERVICE}"`);
    return issue(username, parseScopes(form.get("scope") ?? ""));
  }

  return {
    check(request, route) {
      const needed = scopesOf(route, request.method ?? "GET");
      const [, text] = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? "") ?? [];
      if (text === undefined) return unauthorizedAnswer(challengeOf(request, needed));
      if (text === auth.registryToken) return undefined;
      const token = tokens.get(text);
      if (token === undefined || token.expiresAtMs <= Date.now()) {
        return unauthorizedAnswer(`${challengeOf(request, needed)},error="invalid_token"`);
      }
      const missing = missingAccesses(needed, token);
      if (missing.length === 0) return undefined;
      const refused = missing.find((access) => !canHave(token.username, access));
      if (token.username !== undefined && refused !== undefined) return deniedAnswer(refused);
      return unauthorizedAnswer(`${challengeOf(request, needed)},error="insufficient_scope"`);
    },

    answerToken(request) {
      const [path, query] = (request.url ?? "").split("?", 2);
      if (path !== "/token") return undefined;
      if (request.method === "GET") return answerGet(request, new URLSearchParams(query));
      if (request.method === "POST" && auth.oauth2 === true) return answerPost(request);
      return errorAnswer("UNSUPPORTED", "tokens are had by GET", { headers: { allow: "GET" } });
    },
  };
}

function isKnownUser(access: Access): boolean {
  return access.username !== undefined;
}

function missingAccesses(needed: readonly Scope[], token: Token): readonly Access[] {
  const accesses = needed.flatMap((scope) => scope.actions.map((action) => accessOf(scope, action)));
  return accesses.filter(
    ({ repository, action }) =>
      !token.scopes.some((scope) => scope.repository === repository && scope.actions.includes(action)),
  );
}

function accessOf({ repository }: Scope, action: Action): Access {
  return repository === undefined ? { action } : { repository, action };
}

function deniedAnswer({ repository, action }: Access): Answer {
  const what =
    repository === undefined ? "listing the repositories" : `${action} of repository ${repository}`;
  return errorAnswer("DENIED", `${what} is not allowed`);
}

function challengeOf(request: IncomingMessage, needed: readonly Scope[]): string {
  const scheme = "encrypted" in request.socket ? "https" : "http";
  const challenge = `Bearer realm="${scheme}://${request.headers.host}/token",service="${SERVICE}"`;
  return needed.length === 0 ? challenge : `${challenge},scope="${formatScopes(needed)}"`;
}
