import { Readable } from "node:stream";
import { BundleError } from "@airgap-bundle/core";
import { Agent, type Dispatcher, request } from "undici";
import type { Call } from "./call.ts";
import { toConnectionError } from "./connection-error.ts";
import { nextLocation } from "./redirect.ts";
import { discard, type Response } from "./response.ts";
import { detectScheme, isLoopback } from "./scheme.ts";

const CONNECT_TIMEOUT_MS = 15_000;
/** Nothing at all from the other side for so long means that the connection is dead, however slow it is. */
const IDLE_TIMEOUT_MS = 60_000;
const KEEP_ALIVE_MS = 30_000;
/** Signed URLs and their headers grow past node's 16 KiB. */
const MAX_HEADER_SIZE = 64 * 1024;
/** Fewer, larger chunks: hashing and writing pay for each. */
const BODY_BUFFER_SIZE = 256 * 1024;
const MAX_REDIRECTS = 5;

/** Which host, and how. */
export interface ConnectionOptions {
  /** Host and port that requests go to. */
  readonly host: string;
  /** Allows plain http and any certificate. */
  readonly isInsecure: boolean;
  readonly userAgent: string;
}

/** An answer and where it came from: after redirects that may be another host. */
export interface LocatedResponse {
  readonly response: Response;
  readonly origin: string;
}

/** Connections to a registry and to where it redirects. */
export interface Connection {
  readonly dispatcher: Dispatcher;
  /** `https://HOST[:PORT]`, or http where that is allowed and needed. */
  origin(): Promise<string>;
  /**
   * Sends a request once. Redirects are followed by reading requests only; what is not the registry itself gets no
   * credentials.
   *
   * @throws `CONNECTION_FAILED`, `TLS_FAILED`; `REGISTRY_FAILED` for a redirect that is not to be followed
   */
  request(call: Call, authorization: string | undefined): Promise<LocatedResponse>;
  close(): Promise<void>;
}

/** Connections to this host; nothing is opened yet. */
export function createConnection(options: ConnectionOptions): Connection {
  const { host, isInsecure, userAgent } = options;
  const dispatcher = new Agent({
    allowH2: false,
    connect: { timeout: CONNECT_TIMEOUT_MS, rejectUnauthorized: !isInsecure },
    bodyTimeout: IDLE_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    maxHeaderSize: MAX_HEADER_SIZE,
  });
  let scheme: Promise<"http" | "https"> | undefined;

  const origin = async (): Promise<string> => {
    scheme ??= isInsecure || isLoopback(host) ? detectScheme(host) : Promise.resolve("https");
    return new URL(`${await scheme}://${host}`).origin;
  };

  const dispatch = async (call: Call, url: URL, authorization: string | undefined): Promise<Response> => {
    const { method, headers = {}, body, what, signal, answerTimeoutMs = IDLE_TIMEOUT_MS } = call;
    const own = { "accept-encoding": "identity", "user-agent": userAgent };
    try {
      return await request(url, {
        dispatcher,
        method,
        headers: { ...headers, ...own, ...(authorization === undefined ? {} : { authorization }) },
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

  return {
    dispatcher,
    origin,
    async request(call, authorization) {
      const own = await origin();
      const isReading = call.method === "GET" || (call.method === "HEAD" && call.followsRedirects !== false);
      let url = new URL(call.url, own);
      for (let hops = 0; hops <= MAX_REDIRECTS; hops++) {
        const response = await dispatch(call, url, url.origin === own ? authorization : undefined);
        const location = isReading ? nextLocation(response, url, own) : undefined;
        if (location === undefined) return { response, origin: url.origin };
        await discard(response);
        url = location;
      }
      throw new BundleError(
        "REGISTRY_FAILED",
        `Cannot ${call.what}: it redirects more than ${MAX_REDIRECTS} times`,
      );
    },
    close: async () => await dispatcher.close(),
  };
}

function toRequestBody(body: Call["body"]): Readable | Uint8Array | null {
  const content = body?.();
  if (content === undefined || content instanceof Uint8Array) return content ?? null;
  return Readable.from(content, { objectMode: false });
}
