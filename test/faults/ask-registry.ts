import { once } from "node:events";
import { type IncomingHttpHeaders, type IncomingMessage, request as sendRequest } from "node:http";

/** Headers that concern one connection only. */
const HOP_HEADERS: readonly string[] = ["connection", "keep-alive", "transfer-encoding"];

/** What the registry is asked. */
export interface RegistryQuestion {
  /** `HOST:PORT` */
  readonly registry: string;
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: AsyncIterable<Buffer>;
  /** Aborted when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
}

/** Passes a request on to the registry; its answer's body is still to be read. */
export async function askRegistry(question: RegistryQuestion): Promise<IncomingMessage> {
  const { registry, method, url, headers, body, signal } = question;
  const isChunked = headers["transfer-encoding"] !== undefined;
  const upstream = sendRequest(`http://${registry}${url}`, {
    method,
    headers: { ...endToEnd(headers), ...(isChunked ? { "transfer-encoding": "chunked" } : {}) },
    signal,
    agent: false,
  });
  const answered = once(upstream, "response", { signal });
  // It may fail while the body is still being sent, or behind the answer: then the answer's body fails too.
  answered.catch(() => upstream.destroy());
  upstream.on("error", () => upstream.destroy());
  try {
    for await (const chunk of body) {
      if (!upstream.write(chunk)) await Promise.race([once(upstream, "drain", { signal }), answered]);
    }
    upstream.end();
  } catch (error) {
    upstream.destroy();
    throw error;
  }
  const [response] = await answered;
  return response as IncomingMessage;
}

/** Without what concerns one connection only. */
export function endToEnd(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !HOP_HEADERS.includes(name)));
}
