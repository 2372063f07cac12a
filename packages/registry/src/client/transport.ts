import { Readable } from "node:stream";
import { BundleError, type EventSink, isBundleError, retry } from "@airgap-bundle/core";
import { Agent, request } from "undici";
import type { Credentials } from "../credentials/credentials.ts";
import { createAuthorizer } from "./authorizer.ts";
import { toConnectionError } from "./connection-error.ts";
import { nextLocation } from "./redirect.ts";
import { discard, type Response, toRegistryError } from "./response.ts";
import { detectScheme, isLoopback } from "./scheme.ts";

const CONNECT_TIMEOUT_MS = 15_000;
/** Nothing at all from the other side for so long means that the connection is dead, however slow it is. */
const IDLE_TIMEOUT_MS = 60_000;
/** Signed URLs and their headers grow past node's 16 KiB. */
const MAX_HEADER_SIZE = 64 * 1024;
/** Fewer, larger chunks: hashing and writing pay for each. */
const BODY_BUFFER_SIZE = 256 * 1024;
const MAX_REDIRECTS = 5;

/** How a registry is reached. */
export interface TransportOptions {
  /** Host and port that requests go to. */
  readonly host: string;
  /** The name in messages. */
  readonly name: string;
  readonly credentials?: Credentials | undefined;
  /** Allows plain http and any certificate. */
  readonly isInsecure: boolean;
  readonly userAgent: string;
  readonly onEvent?: EventSink | undefined;
}

/** One request. */
export interface Call {
  readonly method: "GET" | "HEAD" | "POST" | "PUT";
  /** A path, or a whole URL that the registry gave. */
  readonly url: string;
  /** `repository:NAME:ACTIONS`, the most important first. */
  readonly scopes: readonly string[];
  readonly headers?: Readonly<Record<string, string>>;
  /** Opened anew for every attempt. */
  readonly body?: () => AsyncIterable<Uint8Array> | Uint8Array;
  /** Statuses that are an answer; others are thrown. */
  readonly expected: readonly number[];
  /** "verb object", for messages. */
  readonly what: string;
  /** @default 5 */
  readonly attempts?: number;
  /** How long the answer may take. @default a minute */
  readonly answerTimeoutMs?: number;
  readonly signal?: AbortSignal | undefined;
}

/** Requests to one registry. */
export interface Transport {
  /** `https://HOST[:PORT]`, or http where that is allowed and needed. */
  origin(): Promise<string>;
  /**
   * Sends a request, with what the registry wants to be authorised with. The body must be read or discarded.
   *
   * @throws what {@link toRegistryError} makes of an unexpected status; `CONNECTION_FAILED`, `TLS_FAILED`, `UNAUTHORIZED`,
   * `REGISTRY_FAILED`; the abort reason
   */
  send(call: Call): Promise<Response>;
  close(): Promise<void>;
}

/** Requests to this registry; nothing is sent yet. */
export function createTransport(options: TransportOptions): Transport {
  const { host, name, credentials, isInsecure, userAgent, onEvent } = options;
  const dispatcher = new Agent({
    allowH2: false,
    connect: { timeout: CONNECT_TIMEOUT_MS, rejectUnauthorized: !isInsecure },
    bodyTimeout: IDLE_TIMEOUT_MS,
    keepAliveTimeout: 30_000,
    maxHeaderSize: MAX_HEADER_SIZE,
  });
  const authorizer = createAuthorizer({
    registry: name,
    credentials,
    dispatcher,
    now: () => performance.now(),
  });
  let scheme: Promise<"http" | "https"> | undefined;
  let hasAnswered = false;
  let firstContact: Promise<void> | undefined;
  let unreachable: { readonly error: BundleError; readonly reason: string } | undefined;

  const origin = async (): Promise<string> => {
    scheme ??= isInsecure || isLoopback(host) ? detectScheme(host) : Promise.resolve("https");
    return `${await scheme}://${host}`;
  };

  const dispatch = async (call: Call, url: URL, authorization: string | undefined): Promise<Response> => {
    const { method, headers = {}, body, what, signal, answerTimeoutMs = IDLE_TIMEOUT_MS } = call;
    try {
      return await request(url, {
        dispatcher,
        method,
        headers: {
          ...headers,
          "accept-encoding": "identity",
          "user-agent": userAgent,
          ...(authorization === undefined ? {} : { authorization }),
        },
        body: toRequestBody(body),
        headersTimeout: answerTimeoutMs,
        highWaterMark: BODY_BUFFER_SIZE,
        ...(signal === undefined ? {} : { signal }),
      });
    } catch (error) {
      signal?.throwIfAborted();
      throw toConnectionError(error, what);
    }
  };

  /** Redirects are followed by reading requests only; what is not the registry itself gets no credentials. */
  const follow = async (
    call: Call,
    start: URL,
    own: string,
    authorization: string | undefined,
  ): Promise<Response> => {
    let url = start;
    for (let hops = 0; ; hops++) {
      const response = await dispatch(call, url, url.origin === own ? authorization : undefined);
      const location =
        call.method === "GET" || call.method === "HEAD" ? nextLocation(response, url, own) : undefined;
      if (location === undefined) return response;
      await discard(response);
      if (hops === MAX_REDIRECTS)
        throw new BundleError(
          "REGISTRY_FAILED",
          `Cannot ${call.what}: it redirects more than ${MAX_REDIRECTS} times`,
        );
      url = location;
    }
  };

  const attempt = async (call: Call): Promise<Response> => {
    const own = new URL(await origin()).origin;
    const url = new URL(call.url, own);
    const isOwn = url.origin === own;
    const authorization = isOwn ? await authorizer.authorize(call.scopes, own, call.signal) : undefined;
    const first = await follow(call, url, own, authorization);
    hasAnswered = true;
    if (first.statusCode !== 401 || !isOwn) return first;
    authorizer.learn(first.headers["www-authenticate"], authorization);
    await discard(first);
    return await follow(call, url, own, await authorizer.authorize(call.scopes, own, call.signal));
  };

  const checked = async (call: Call): Promise<Response> => {
    const response = await attempt(call);
    if (call.expected.includes(response.statusCode)) return response;
    throw await toRegistryError(response, call.what);
  };

  /** A registry that could never be reached is not tried again for each of a thousand images. */
  const sendRetried = async (call: Call): Promise<Response> => {
    if (unreachable !== undefined) throw restate(unreachable, call.what);
    const { attempts, signal } = call;
    try {
      return await retry(async () => await checked(call), {
        ...(attempts === undefined ? {} : { attempts }),
        ...(signal === undefined ? {} : { signal }),
        ...(onEvent === undefined ? {} : { onEvent }),
      });
    } catch (error) {
      const isConnection = isBundleError(error, "CONNECTION_FAILED") || isBundleError(error, "TLS_FAILED");
      if (isConnection && !hasAnswered) {
        unreachable = { error, reason: error.message.replace(`Cannot ${call.what}: `, "") };
      }
      throw error;
    }
  };

  /** All wait for the first answer: it tells whether there is anybody, and how to be authorised. */
  const send = async (call: Call): Promise<Response> => {
    if (firstContact !== undefined) {
      await firstContact;
      return await sendRetried(call);
    }
    const sent = sendRetried(call);
    firstContact = sent.then(
      () => undefined,
      () => undefined,
    );
    return await sent;
  };

  return { origin, send, close: async () => await dispatcher.close() };
}

/** The same failure, of another request that was not even sent. */
function restate(
  { error, reason }: { readonly error: BundleError; readonly reason: string },
  what: string,
): BundleError {
  const hint = error.hint === undefined ? {} : { hint: error.hint };
  return new BundleError(error.code, `Cannot ${what}: ${reason}`, { ...hint, cause: error });
}

function toRequestBody(body: Call["body"]): Readable | Uint8Array | null {
  const content = body?.();
  if (content === undefined || content instanceof Uint8Array) return content ?? null;
  return Readable.from(content, { objectMode: false });
}
