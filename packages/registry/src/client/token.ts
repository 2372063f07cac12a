import { BundleError, readAll } from "@airgap-bundle/core";
import { type Dispatcher, request } from "undici";
import * as z from "zod";
import { toBasicHeader } from "../credentials/basic-header.ts";
import { type Credentials, describeCredentials, type IdentityToken } from "../credentials/credentials.ts";
import { loginHint } from "../credentials/login-hint.ts";
import { secretsOf } from "../credentials/mask-secrets.ts";
import { HEADER_TEXT } from "../credentials/parse-credentials.ts";
import type { FindProxy } from "../network/proxies.ts";
import { AnswerError, lineOf, type RequestLine } from "./answer-error.ts";
import type { Challenge } from "./challenge.ts";
import { toConnectionError } from "./connection-error.ts";
import { parseJson } from "./read-json.ts";
import { readWords } from "./registry-words.ts";
import { headerOf } from "./response.ts";
import { readRetryAfter, readSpokenRetryAfter } from "./retry-after.ts";
import { isLoopback } from "./scheme.ts";
import { checkUrl } from "./url-policy.ts";

/** The token specification's default and minimum: {@link https://distribution.github.io/distribution/spec/auth/token/}. */
const MIN_LIFETIME_SECONDS = 60;
const MAX_LIFETIME_SECONDS = 24 * 60 * 60;
const MAX_TOKEN_BODY_SIZE = 1024 * 1024;
const TOKEN_TIMEOUT_MS = 30_000;
const CLIENT_ID = "airgap-bundle";

/** What token servers answer that do not know the OAuth2 form: ACR 400, Artifactory 401, GCR 404, distribution 405. */
const NO_OAUTH2: ReadonlySet<number> = new Set([400, 401, 404, 405]);

const TokenDocument = z.object({
  token: z.string().exactOptional(),
  access_token: z.string().exactOptional(),
  // Nothing in these is worth failing for.
  expires_in: z.unknown().optional(),
  issued_at: z.unknown().optional(),
});

/** A bearer token and how long it may be used. */
export interface Token {
  readonly token: string;
  readonly lifetimeMs: number;
}

/** What a token is asked for with. */
export interface FetchTokenOptions {
  readonly registry: string;
  /** Of the registry; `http:` allows a token server without TLS. */
  readonly origin: string;
  /** The most important first: some token servers look at no other. */
  readonly scopes: readonly string[];
  readonly credentials: Credentials | undefined;
  readonly dispatcher: Dispatcher;
  /** Those of the dispatcher. @default none */
  readonly findProxy?: FindProxy | undefined;
  readonly userAgent: string;
  readonly signal?: AbortSignal;
  /** Told where credentials go that are to be sent without TLS over a network. */
  readonly onPlain?: (host: string) => void;
}

interface TokenAnswer {
  readonly line: RequestLine;
  readonly status: number;
  readonly body: Uint8Array;
  readonly retryAfter: string | undefined;
  /** What it was asked with. */
  readonly secrets: readonly string[];
}

/**
 * Asks the token server that a Bearer challenge names. Identity tokens go the OAuth2 way, and as a password where that is
 * not known: {@link https://distribution.github.io/distribution/spec/auth/oauth/}. A scope beside the first is left out if
 * the server does not take both, as Docker Hub's does not where the second names no repository of its own.
 *
 * @throws `UNAUTHORIZED`, `DENIED` if it refuses; `REGISTRY_FAILED` if the challenge or the answer makes no sense;
 * `CONNECTION_FAILED`, `TLS_FAILED`, `UNAVAILABLE`
 */
export async function fetchToken(challenge: Challenge, options: FetchTokenOptions): Promise<Token> {
  const { registry, scopes, credentials, onPlain } = options;
  const url = toTokenUrl(challenge, options);
  const what = `get a token for ${registry} from ${url.host}`;
  if (credentials !== undefined && url.protocol === "http:" && !isLoopback(url.host)) onPlain?.(url.host);
  let answer = await ask(url, challenge, { ...options, what });
  if (answer.status === 400 && scopes.length > 1)
    answer = await ask(url, challenge, { ...options, what, scopes: scopes.slice(0, 1) });
  checkAnswer(answer, what, options);
  return readToken(answer.body, what);
}

type AskOptions = FetchTokenOptions & { readonly what: string };

async function ask(url: URL, challenge: Challenge, options: AskOptions): Promise<TokenAnswer> {
  const { credentials } = options;
  if (credentials?.kind === "identityToken") {
    const answer = await postRefreshToken(url, challenge, { ...options, credentials });
    if (!NO_OAUTH2.has(answer.status)) return answer;
  }
  return await getToken(url, options);
}

async function getToken(url: URL, options: AskOptions): Promise<TokenAnswer> {
  const { registry, scopes, credentials } = options;
  const asked = new URL(url);
  for (const scope of scopes) asked.searchParams.append("scope", scope);
  const isUsable = credentials !== undefined && credentials.kind !== "registryToken";
  const authorization = isUsable ? toBasicHeader(credentials, registry) : undefined;
  const headers = authorization === undefined ? {} : { authorization };
  return await send(asked, { headers, secrets: secretsOf(authorization) }, options);
}

async function postRefreshToken(
  url: URL,
  challenge: Challenge,
  options: AskOptions & { readonly credentials: IdentityToken },
): Promise<TokenAnswer> {
  const { scopes, credentials } = options;
  const form = new URLSearchParams({
    grant_type: "refresh_token",
    service: challenge.parameters.get("service") ?? "",
    client_id: CLIENT_ID,
    scope: scopes.join(" "),
    refresh_token: credentials.token,
  });
  const asked = new URL(url);
  asked.searchParams.delete("service");
  const headers = { "content-type": "application/x-www-form-urlencoded" };
  const secrets = [credentials.token];
  return await send(asked, { method: "POST", headers, body: form.toString(), secrets }, options);
}

interface TokenRequest {
  readonly method?: "POST";
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly secrets: readonly string[];
}

/** Once, and to no other place: a redirect would take the credentials there. */
async function send(url: URL, asked: TokenRequest, options: AskOptions): Promise<TokenAnswer> {
  const { dispatcher, findProxy, userAgent, signal, what } = options;
  const timeout = AbortSignal.timeout(TOKEN_TIMEOUT_MS);
  const { secrets, ...message } = asked;
  try {
    const response = await request(url, {
      ...message,
      headers: { ...message.headers, "user-agent": userAgent },
      dispatcher,
      signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
    });
    return {
      line: lineOf({ method: asked.method ?? "GET", url: url.href }, url.origin),
      status: response.statusCode,
      body: await readAll(response.body, MAX_TOKEN_BODY_SIZE),
      retryAfter: headerOf(response, "retry-after"),
      secrets: [...secrets, ...secretsOf(findProxy?.(url)?.headers["proxy-authorization"])],
    };
  } catch (error) {
    signal?.throwIfAborted();
    throw toConnectionError(error, what);
  }
}

/** A realm may be another host, but never a less protected one, and never holds credentials of its own. */
function toTokenUrl(challenge: Challenge, { registry, origin }: FetchTokenOptions): URL {
  const what = `log in to ${registry}: its token server is not one to trust`;
  const hint = "The registry is misconfigured: its realm must be an https URL";
  const url = checkUrl(challenge.parameters.get("realm"), { base: origin, origin, what, hint });
  if (url.protocol === "http:" && !mayBePlain(url, origin)) {
    throw new BundleError("REGISTRY_FAILED", `Cannot ${what}: ${url.host} is another host without TLS`, {
      hint,
    });
  }
  const service = challenge.parameters.get("service");
  if (service !== undefined) url.searchParams.set("service", service);
  return url;
}

/** Passwords go unprotected only to where the registry itself is reached unprotected, or not over a network at all. */
function mayBePlain(url: URL, origin: string): boolean {
  return url.hostname === new URL(origin).hostname || isLoopback(url.host);
}

function checkAnswer(answer: TokenAnswer, what: string, options: FetchTokenOptions): void {
  const { line, status, body, secrets } = answer;
  if (status === 200) return;
  const { credentials, registry, scopes } = options;
  const words = readWords(new TextDecoder().decode(body), secrets);
  const said = words.message === undefined ? "" : `: ${words.message}`;
  const cause = new AnswerError(line, { status, words }, "log-in");
  if (status === 401 || status === 403) {
    const who = describeCredentials(credentials);
    const reason = `it is refused (${status}) for ${scopes.join(" ")}${said}`;
    const code = status === 401 ? "UNAUTHORIZED" : "DENIED";
    throw new BundleError(code, `Cannot ${what} ${who}: ${reason}`, { cause, hint: loginHint(registry) });
  }
  const retryAfterMs = readRetryAfter(answer.retryAfter) ?? readSpokenRetryAfter(words.message);
  const isPassing = status === 429 || status >= 500;
  throw new BundleError(
    isPassing ? "UNAVAILABLE" : "REGISTRY_FAILED",
    `Cannot ${what}: it answers ${status}${said}`,
    {
      cause,
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    },
  );
}

function readToken(body: Uint8Array, what: string): Token {
  const document = TokenDocument.safeParse(parseJson(body));
  const token = document.data?.token ?? document.data?.access_token ?? "";
  // A line end in it would make every request fail, with the token in the message.
  if (!HEADER_TEXT.test(token))
    throw new BundleError("REGISTRY_FAILED", `Cannot ${what}: its answer holds no token`);
  return { token, lifetimeMs: readLifetime(document.data?.expires_in, document.data?.issued_at) };
}

/** From the time of issue, unless the clocks of both sides plainly differ. */
function readLifetime(expiresIn: unknown, issuedAt: unknown): number {
  const seconds = typeof expiresIn === "number" ? expiresIn : MIN_LIFETIME_SECONDS;
  const lifetimeMs = Math.min(Math.max(seconds, MIN_LIFETIME_SECONDS), MAX_LIFETIME_SECONDS) * 1000;
  const ageMs = typeof issuedAt === "string" ? Date.now() - Date.parse(issuedAt) : 0;
  return ageMs > 0 && ageMs < lifetimeMs ? lifetimeMs - ageMs : lifetimeMs;
}
