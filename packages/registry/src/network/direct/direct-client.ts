import { createBufferPool } from "./buffer-pool.ts";
import { dechunked } from "./chunked.ts";
import type { Endpoint } from "./endpoint.ts";
import { receiveResponse } from "./receive-response.ts";
import { requireRate } from "./require-rate.ts";
import type { HeaderFields } from "./response-head.ts";
import { sendBody } from "./send-body.ts";
import { givenUp, openWire, type Wire } from "./wire.ts";

/** A registry that puts what comes into an object store may stop reading for a while; one that is gone never reads again. */
const SENDING_TIMEOUT_MS = 5 * 60_000;

/** A request for something large, or with it. */
export interface DirectRequest {
  readonly method: string;
  readonly url: URL;
  /** Those of a body say how long it is. */
  readonly headers: Readonly<Record<string, string>>;
  /** As many bytes as the headers say. Each chunk is needed until the next one is asked for. */
  readonly body?: AsyncIterable<Uint8Array> | undefined;
  /** Nothing at all for so long means that the connection is dead; while a body is sent, at most five minutes. */
  readonly idleTimeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** An answer whose body has not been read. */
export interface DirectResponse {
  readonly statusCode: number;
  readonly headers: HeaderFields;
  /** Its chunks are large, and lent until the next one is asked for. */
  readonly body: AsyncIterable<Uint8Array> & { readonly dump: () => Promise<void> };
}

/** Sends and gets large bodies over connections of its own, which are kept for the next ones. */
export interface DirectClient {
  /**
   * One request. A connection that was kept may have been closed meanwhile: that is an `ECONNRESET` before the answer. An
   * answer may come before all of the body has gone; the rest is not sent.
   *
   * @throws errors of the system, of TLS, and with node's codes for what is no HTTP; what the body fails with; the abort
   * reason
   */
  send(request: DirectRequest): Promise<DirectResponse>;
  /** Ends all connections, also those that are only coming about. */
  close(): void;
}

/** How a client finds its way. */
export interface DirectClientOptions {
  readonly endpointOf: (url: URL) => Promise<Endpoint>;
  /** Told first of what a request fails with before its answer on a connection that was kept. */
  readonly onKeptEnding?: (error: Error) => void;
}

/**
 * A client without connections yet. It speaks no more of HTTP/1.1 than blobs need; what it is for, and what it brings over
 * a client of streams, is in docs/performance.md.
 */
export function createDirectClient({ endpointOf, onKeptEnding }: DirectClientOptions): DirectClient {
  const pool = createBufferPool();
  const idle = new Map<string, Set<Wire>>();
  const open = new Set<Wire>();
  const closing = new AbortController();

  const connect = async (url: URL, signal: AbortSignal | undefined): Promise<Wire> => {
    const wire = await openWire(await endpointOf(url), {
      signal: signal === undefined ? closing.signal : AbortSignal.any([signal, closing.signal]),
      onClosed: (closed) => {
        open.delete(closed);
        idle.get(url.origin)?.delete(closed);
      },
    });
    open.add(wire);
    return wire;
  };

  const takeIdle = (origin: string): Wire | undefined => {
    const wires = idle.get(origin) ?? new Set();
    const newest = [...wires].findLast((wire) => wire.isOpen());
    if (newest !== undefined) wires.delete(newest);
    return newest;
  };

  const keep = (origin: string, wire: Wire): void => {
    wire.release();
    idle.set(origin, (idle.get(origin) ?? new Set()).add(wire));
  };

  const exchange = async (
    { wire, isKept }: { readonly wire: Wire; readonly isKept: boolean },
    request: DirectRequest,
    head: string,
  ): Promise<DirectResponse> =>
    await new Promise((resolve, reject) => {
      const { url, body: content, signal, idleTimeoutMs } = request;
      let isSent = content === undefined;
      let isAnswered = false;
      const abort = (): void => wire.destroy(signal?.reason instanceof Error ? signal.reason : undefined);
      const settle = (): void => signal?.removeEventListener("abort", abort);
      const receiver = receiveResponse({
        pool,
        onHead: ({ statusCode, headers, framing }, body) => {
          isAnswered = true;
          const answer = framing.kind === "chunked" ? dechunked(body.read()) : body.read();
          const dump = async (): Promise<void> => await Promise.resolve(body.discard());
          resolve({ statusCode, headers, body: Object.assign(answer, { dump }) });
        },
        onFailed: (error) => {
          settle();
          wire.destroy();
          // What else was kept has been closed too, as likely as not.
          for (const other of idle.get(url.origin) ?? []) other.destroy();
          if (isKept) onKeptEnding?.(error);
          reject(error);
        },
        onComplete: (isPersistent) => {
          settle();
          if (isPersistent && isSent) keep(url.origin, wire);
          else wire.destroy();
        },
        onGivenUp: () => {
          settle();
          wire.destroy();
        },
        onRoom: wire.resume,
      });
      signal?.addEventListener("abort", abort, { once: true });
      wire.request(head, requireRate(receiver, wire));
      wire.setIdleTimeout(isSent ? idleTimeoutMs : Math.min(idleTimeoutMs, SENDING_TIMEOUT_MS));
      if (content !== undefined) {
        sendBody(wire, content, () => isAnswered).then(
          (isWhole) => {
            isSent = isWhole;
            if (!isAnswered) wire.setIdleTimeout(idleTimeoutMs);
          },
          (error: unknown) => wire.destroy(error instanceof Error ? error : new Error(String(error))),
        );
      }
      if (signal?.aborted === true) abort();
    });

  return {
    async send(request) {
      const { url, signal } = request;
      signal?.throwIfAborted();
      const head = formatRequest(request);
      const kept = takeIdle(url.origin);
      const wire = kept ?? (await connect(url, signal));
      return await exchange({ wire, isKept: kept !== undefined }, request, head);
    },
    close() {
      closing.abort(givenUp());
      for (const wire of open) wire.destroy();
    },
  };
}

/** {@link https://www.rfc-editor.org/rfc/rfc9112#name-message-format}. @throws `TypeError` for a header that would be two */
function formatRequest({ method, url, headers }: DirectRequest): string {
  const lines = Object.entries({ host: url.host, ...headers, connection: "keep-alive" });
  for (const [name, value] of lines) {
    if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(value))
      throw new TypeError(`Cannot send the header ${name}: it is no text`);
  }
  const fields = lines.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  return `${method} ${url.pathname}${url.search} HTTP/1.1\r\n${fields}\r\n`;
}
