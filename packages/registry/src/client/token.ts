import { BundleError } from "@airgap-bundle/core";
import { type Dispatcher, request } from "undici";
import { z } from "zod";
import type { Credentials } from "../credentials/credentials.ts";
import type { Challenge } from "./challenge.ts";
import { toConnectionError } from "./connection-error.ts";
import { readBody } from "./response.ts";
import { isLoopback } from "./scheme.ts";
import { checkUrl } from "./url-policy.ts";

/** The token specification's default and minimum: {@link https://distribution.github.io/distribution/spec/auth/token/}. */
const MIN_LIFETIME_SECONDS = 60;
const MAX_LIFETIME_SECONDS = 24 * 60 * 60;
const MAX_TOKEN_BODY_SIZE = 1024 * 1024;
const TOKEN_TIMEOUT_MS = 30_000;

const TokenDocument = z.object({
  token: z.string().exactOptional(),
  access_token: z.string().exactOptional(),
  expires_in: z.number().exactOptional(),
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
  readonly scopes: readonly string[];
  readonly credentials: Credentials | undefined;
  readonly dispatcher: Dispatcher;
  readonly signal?: AbortSignal;
}

/**
 * Asks the token server that a Bearer challenge names.
 *
 * @throws `UNAUTHORIZED` if it refuses; `REGISTRY_FAILED` if the challenge or the answer makes no sense;
 * `CONNECTION_FAILED`, `TLS_FAILED`, `UNAVAILABLE`
 */
export async function fetchToken(challenge: Challenge, options: FetchTokenOptions): Promise<Token> {
  const { registry, scopes, credentials, dispatcher, signal } = options;
  const url = toTokenUrl(challenge, options);
  for (const scope of scopes) url.searchParams.append("scope", scope);
  const what = `get a token for ${registry} from ${url.host}`;
  try {
    const timeout = AbortSignal.timeout(TOKEN_TIMEOUT_MS);
    const response = await request(url, {
      dispatcher,
      headers: credentials === undefined ? {} : { authorization: basicHeader(credentials) },
      signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
    });
    const body = await readBody(response.body, MAX_TOKEN_BODY_SIZE);
    checkStatus(response.statusCode, what, credentials);
    return readToken(body, what);
  } catch (error) {
    signal?.throwIfAborted();
    throw toConnectionError(error, what);
  }
}

/** `Authorization` with user name and password. */
export function basicHeader({ username, password }: Credentials): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
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

function checkStatus(status: number, what: string, credentials: Credentials | undefined): void {
  if (status === 200) return;
  if (status === 401 || status === 403) {
    const who = credentials === undefined ? "without credentials" : `as ${credentials.username}`;
    throw new BundleError("UNAUTHORIZED", `Cannot ${what} ${who}: it is refused (${status})`, {
      hint: "Check the credentials: auth in the selection, or docker login",
    });
  }
  const isPassing = status === 429 || status >= 500;
  throw new BundleError(
    isPassing ? "UNAVAILABLE" : "REGISTRY_FAILED",
    `Cannot ${what}: it answers ${status}`,
  );
}

function readToken(body: Uint8Array, what: string): Token {
  const document = TokenDocument.safeParse(parseJson(body));
  const token = document.data?.token ?? document.data?.access_token ?? "";
  if (token === "") throw new BundleError("REGISTRY_FAILED", `Cannot ${what}: its answer holds no token`);
  const seconds = document.data?.expires_in ?? MIN_LIFETIME_SECONDS;
  return {
    token,
    lifetimeMs: Math.min(Math.max(seconds, MIN_LIFETIME_SECONDS), MAX_LIFETIME_SECONDS) * 1000,
  };
}

function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(body));
  } catch (error) {
    // The caller tells: it holds no token.
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
