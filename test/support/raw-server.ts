import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";

/** A request's head, as it came. */
export interface RawRequest {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
}

/** A request that has come as a whole. */
export interface ReceivedRequest extends RawRequest {
  readonly body: string;
}

/** What is sent for it, to the letter. */
export interface RawAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string | Uint8Array;
  /** Cut the connection behind the body. */
  readonly isCut?: boolean;
  /** Neither a length nor chunks: the end of the connection ends the body. */
  readonly isUnframed?: boolean;
  /** Cut the connection while the request's body comes, without any answer. */
  readonly isDropped?: boolean;
  /** Cut the connection when the request has come, without any answer. */
  readonly isSevered?: boolean;
  /** Neither end nor cut the answer; without a body not even begin it. */
  readonly isSilent?: boolean;
  /** Answer before the request's body has come. */
  readonly isEarly?: boolean;
}

/** A server that answers as no sound registry does. */
export interface RawServer {
  readonly host: string;
  readonly url: string;
  /** Every request so far. */
  readonly requests: readonly ReceivedRequest[];
  close(): Promise<void>;
}

/** Says what is sent for a request, by its head. */
export type AnswerRequest = (request: RawRequest) => RawAnswer;

/** Serves on loopback what `answer` gives. */
export async function serveRaw(answer: AnswerRequest): Promise<RawServer> {
  const server = createServer();
  const requests: ReceivedRequest[] = [];
  const respond = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { method = "", url = "", headers } = incoming;
    const { isDropped, isSevered, isCut, isSilent, isEarly, isUnframed, ...said } = answer({
      method,
      url,
      headers,
    });
    const { status = 200, headers: sent = {}, body = "" } = said;
    if (isUnframed === true) {
      response.useChunkedEncodingByDefault = false;
      response.removeHeader("content-length");
    }
    if (isDropped === true) {
      requests.push({ method, url, headers, body: "" });
      incoming.once("data", () => incoming.destroy());
      return;
    }
    requests.push({ method, url, headers, body: isEarly === true ? "" : await text(incoming) });
    if (isSevered === true) {
      incoming.socket.destroy();
      return;
    }
    for (const [name, value] of Object.entries(sent)) response.setHeader(name, value);
    response.statusCode = status;
    if (isUnframed === true) response.write("");
    if (isSilent === true) {
      if (body !== "") response.write(body);
      return;
    }
    if (isCut === true) response.write(body, () => response.destroy());
    else response.end(body);
  };
  server.on("request", (incoming, response) => {
    // A client that goes away while it sends is no concern of the server.
    respond(incoming, response).catch(() => response.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" ? address?.port : undefined;
  const host = `127.0.0.1:${port}`;
  return {
    host,
    url: `http://${host}`,
    requests,
    async close() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
