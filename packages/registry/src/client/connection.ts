import { Readable } from "node:stream";
import { BundleError } from "@airgap-bundle/core";
import { type Dispatcher, request } from "undici";
import { secretsOf } from "../credentials/mask-secrets.ts";
import { createDispatcher, type DispatcherOptions } from "../network/dispatcher.ts";
import { describeFault, faultCode, isCut, isNoHttp } from "../network/faults.ts";
import type { Call } from "./call.ts";
import { toConnectionError } from "./connection-error.ts";
import { createFrontCheck } from "./front-check.ts";
import type { Gates, Turn } from "./gates.ts";
import { blameRedirect, isRedirect, nextLocation } from "./redirect.ts";
import { discard, isOverloaded, type Response } from "./response.ts";
import { detectScheme, isLoopback, type Scheme } from "./scheme.ts";

/** How long the answer to a request may take that says nothing else. */
const ANSWER_TIMEOUT_MS = 60_000;
/** Fewer, larger chunks: hashing and writing pay for each. */
const BODY_BUFFER_SIZE = 256 * 1024;
const MAX_REDIRECTS = 5;

/** Which host, and how. An insecure host may also speak plain http. */
export interface ConnectionOptions extends DispatcherOptions {
  readonly userAgent: string;
  readonly gates: Gates;
}

/** An answer and where it came from: after redirects that may be another host. */
export interface LocatedResponse {
  readonly response: Response;
  readonly origin: string;
  /** To be told if the answer is a failure. */
  readonly turn: Turn;
}

/** What is told of a request on its way. */
export interface RequestOptions {
  /** The registry itself sends it elsewhere. */
  readonly onRedirect?: () => void;
}

/** How one of the hosts on the way of a request is asked. */
interface Hop {
  readonly authorization: string | undefined;
  /** Another one than the registry, to which it redirects. */
  readonly isElsewhere: boolean;
}

/** Connections to a registry and to where it redirects. */
export interface Connection {
  readonly dispatcher: Dispatcher;
  /**
   * `https://HOST[:PORT]`, or http where that is allowed and needed. What the host speaks is found out for the first call
   * and remembered once it has answered.
   *
   * @throws `CONNECTION_FAILED`
   */
  origin(call: Pick<Call, "what" | "signal">): Promise<string>;
  /**
   * Sends a request once, when the gate of its host lets it through. Redirects are followed by reading requests only; what
   * is not the registry itself gets no credentials.
   *
   * @throws `CONNECTION_FAILED`, `TLS_FAILED`; `UNAUTHORIZED`, `DENIED` by a proxy; `FILE_FAILED` for certificates that
   * cannot be used; `REGISTRY_FAILED` for a redirect that is not to be followed
   */
  request(call: Call, authorization: string | undefined, options?: RequestOptions): Promise<LocatedResponse>;
  close(): Promise<void>;
}

/** Connections to this host; nothing is opened yet. */
export function createConnection(options: ConnectionOptions): Connection {
  const { host, isInsecure, userAgent, gates, network } = options;
  const { dispatcher, sendDirect, openSocket, placeOf, wasKept, close } = createDispatcher(options);
  const mayBePlain = isInsecure || isLoopback(host);
  const isProxied = (by: Scheme): boolean => network.findProxy(new URL(`${by}://${host}`)) !== undefined;
  const isPlainProxied = isProxied("http") && !isProxied("https");
  let scheme: Promise<Scheme> | undefined;
  let hasAnswered = false;
  const checkFront = createFrontCheck({ dispatcher, placeOf });

  const origin: Connection["origin"] = async ({ what, signal }) => {
    const startedAt = performance.now();
    scheme ??= mayBePlain
      ? detectScheme(host, { openSocket, signal, isPlainProxied })
      : Promise.resolve("https");
    try {
      return new URL(`${await scheme}://${host}`).origin;
    } catch (error) {
      scheme = undefined;
      signal?.throwIfAborted();
      const durationMs = Math.round(performance.now() - startedAt);
      options.onExchange?.({
        method: "CONNECT",
        url: `https://${host}`,
        error: faultCode(error),
        durationMs,
      });
      throw toConnectionError(describeFault(error, placeOf(new URL(`https://${host}`))), what);
    }
  };

  const send = async (call: Call, url: URL, authorization: string | undefined): Promise<Response> => {
    const { method, body, signal, isLarge = false, answerTimeoutMs = ANSWER_TIMEOUT_MS } = call;
    const own = { "accept-encoding": "identity", "user-agent": userAgent };
    const headers = { ...call.headers, ...own, ...(authorization === undefined ? {} : { authorization }) };
    const content = body?.();
    if (isLarge && !(content instanceof Uint8Array)) {
      const direct = { method, url, headers, body: content, signal, idleTimeoutMs: answerTimeoutMs };
      const response = await sendDirect(direct);
      if (response !== undefined) return response;
    }
    return await request(url, {
      dispatcher,
      method,
      headers,
      body: toRequestBody(content),
      headersTimeout: answerTimeoutMs,
      highWaterMark: BODY_BUFFER_SIZE,
      // undici would end the connection after each HEAD, and make a new one for each tag.
      reset: false,
      ...(signal === undefined ? {} : { signal }),
    });
  };

  /**
   * A server may close a connection that it kept open at the moment in which it is used again: that is no failure. Nor is
   * the body that some send behind a HEAD, and that would be the next answer.
   */
  const sendAgain = async (call: Call, url: URL, authorization: string | undefined): Promise<Response> => {
    try {
      return await send(call, url, authorization);
    } catch (error) {
      const isStray = hasAnswered && isReading(call) && isNoHttp(error);
      if (call.body !== undefined || !wasKept(error) || !(isCut(error) || isStray)) throw error;
      return await send(call, url, authorization);
    }
  };

  const dispatch = async (
    call: Call,
    url: URL,
    { authorization, isElsewhere }: Hop,
  ): Promise<LocatedResponse> => {
    const { what, signal } = call;
    const turn = await gates.pass(url.origin, signal);
    const lost = (error: BundleError): BundleError => {
      const failed = turn.fail(error, what);
      return isElsewhere ? blameRedirect(failed, { host: url.host, what }) : failed;
    };
    try {
      const response = await sendAgain(call, url, authorization);
      // Of a host that is down a proxy says so in its place, which says nothing of what the host speaks.
      if (!hasAnswered && isOverloaded(response)) scheme = undefined;
      else hasAnswered = true;
      if (!isOverloaded(response)) turn.succeed();
      // Where the registry redirects to is no registry: its 400 means something else.
      if (url.origin === new URL(`${url.protocol}//${host}`).origin) await checkFront(response, url, signal);
      const toProxy = network.findProxy(url)?.headers["proxy-authorization"];
      const secrets = [...secretsOf(authorization), ...secretsOf(toProxy), ...(call.secrets ?? [])];
      return { response: Object.assign(response, { lost, secrets }), origin: url.origin, turn };
    } catch (error) {
      // A host that was down when it was asked says nothing of what it speaks.
      if (!hasAnswered) scheme = undefined;
      signal?.throwIfAborted();
      throw lost(toConnectionError(error, what));
    }
  };

  return {
    dispatcher,
    origin,
    async request(call, authorization, { onRedirect } = {}) {
      const own = await origin(call);
      const follows = isReading(call) && call.followsRedirects !== false;
      let url = new URL(call.url, own);
      for (let hops = 0; hops <= MAX_REDIRECTS; hops++) {
        const located = await dispatch(call, url, {
          authorization: url.origin === own ? authorization : undefined,
          isElsewhere: hops > 0 && url.host !== new URL(own).host,
        });
        const { response } = located;
        if (!follows || !isRedirect(response)) return located;
        await discard(response);
        if (url.origin === own) onRedirect?.();
        url = nextLocation(response, url, own);
      }
      throw new BundleError(
        "REGISTRY_FAILED",
        `Cannot ${call.what}: it redirects more than ${MAX_REDIRECTS} times, at last to ${url.host}`,
      );
    },
    close,
  };
}

function isReading({ method }: Call): boolean {
  return method === "GET" || method === "HEAD";
}

/** undici keeps chunks after it has asked for the next ones. */
function toRequestBody(
  content: AsyncIterable<Uint8Array> | Uint8Array | undefined,
): Readable | Uint8Array | null {
  if (content === undefined || content instanceof Uint8Array) return content ?? null;
  return Readable.from(copied(content), { objectMode: false });
}

async function* copied(content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of content) yield Buffer.from(chunk);
}
