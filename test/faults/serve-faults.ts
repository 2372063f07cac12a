import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { askRegistry } from "./ask-registry.ts";
import { type ChooseFault, type Fault, type FaultyRequest, STORAGE_PREFIX } from "./fault.ts";
import { createPace, type Pace } from "./pace.ts";
import { sendAnswer } from "./send-answer.ts";
import { createSignedUrls, type SignedUrls } from "./signed-urls.ts";

/** As object storage answers. */
const EXPIRED = "<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>";

/** A request and what became of it. */
export interface NotedRequest extends FaultyRequest {
  /** What was done to it. */
  readonly fault: Fault["kind"] | undefined;
  /** Undefined if it got no answer. */
  readonly status: number | undefined;
  /** How much of a body was sent for it, in bytes. */
  readonly sent: number;
}

/** What stands behind a proxy, and what the proxy does. */
export interface FaultProxyOptions {
  /** `HOST:PORT` of a registry without TLS. */
  readonly registry: string;
  /** @default nothing is done to any request */
  readonly choose?: ChooseFault;
  /** Of all answers together. @default as fast as it goes */
  readonly bytesPerSecond?: number;
}

/** A proxy that runs before a registry. */
export interface FaultProxy {
  /** `127.0.0.1:PORT`, to be used in the registry's place. */
  readonly host: string;
  /** Every request so far. */
  readonly requests: readonly NotedRequest[];
  /** Every secret that it gave out in a URL. */
  readonly signatures: readonly string[];
  /** Every `Authorization` that it was sent. */
  readonly authorizations: ReadonlySet<string>;
  close(): Promise<void>;
}

interface Proxy {
  readonly registry: string;
  readonly choose: ChooseFault;
  readonly pace: Pace;
  readonly urls: SignedUrls;
  readonly authorizations: Set<string>;
  readonly note: (request: FaultyRequest, fault: Fault | undefined) => Note;
  /** `http://HOST:PORT` of signed URLs. */
  storage: string;
}

type Note = { -readonly [Key in keyof NotedRequest]: NotedRequest[Key] };

/** Stands before a registry on loopback, passes everything on, and does to some requests what `choose` says. */
export async function serveFaults(options: FaultProxyOptions): Promise<FaultProxy> {
  const { registry, choose = () => undefined, bytesPerSecond } = options;
  const requests: Note[] = [];
  const proxy: Proxy = {
    registry,
    choose,
    pace: bytesPerSecond === undefined ? async () => {} : createPace(bytesPerSecond),
    urls: createSignedUrls(),
    authorizations: new Set(),
    note(request, fault) {
      const note = { ...request, fault: fault?.kind, status: undefined, sent: 0 };
      requests.push(note);
      return note;
    },
    storage: "",
  };
  const servers = [serve(proxy, false), serve(proxy, true)];
  const [host, storage] = await Promise.all(servers.map(listen));
  proxy.storage = `http://${storage}`;
  return {
    host: host ?? "",
    requests,
    signatures: proxy.urls.signatures,
    authorizations: proxy.authorizations,
    close: async () => void (await Promise.all(servers.map(close))),
  };
}

function serve(proxy: Proxy, isStorage: boolean): Server {
  const server = createServer((incoming, response) => {
    respond(proxy, incoming, response, isStorage).catch(() => response.destroy());
  });
  return server.listen(0, "127.0.0.1");
}

async function respond(
  proxy: Proxy,
  incoming: IncomingMessage,
  response: ServerResponse,
  isStorage: boolean,
): Promise<void> {
  const { method = "", url: target = "", headers } = incoming;
  const url = new URL(target, "http://proxy");
  const request = { method, path: url.pathname, range: headers.range };
  const fault = proxy.choose(request);
  const note = proxy.note(request, fault);
  if (headers.authorization !== undefined) proxy.authorizations.add(headers.authorization);
  if (fault?.kind === "hang-up") return void response.destroy();
  const grant = isStorage ? proxy.urls.use(url) : headers;
  const own =
    answerOf(proxy, fault, target, headers) ??
    (grant === undefined ? { status: 403, body: EXPIRED } : undefined);
  if (own === undefined) {
    await passOn({ proxy, incoming, response, fault, note, isStorage, authorization: grant?.authorization });
    return;
  }
  if (own.isEarly !== true) await readToEnd(incoming);
  sendOwn(response, own, note);
}

type OwnAnswer = Omit<Fault & { kind: "answer" }, "kind">;

/** What is answered without asking the registry, if anything. */
function answerOf(
  proxy: Proxy,
  fault: Fault | undefined,
  target: string,
  { authorization }: IncomingMessage["headers"],
): OwnAnswer | undefined {
  if (fault?.kind === "answer") return fault;
  if (fault?.kind !== "redirect") return undefined;
  return {
    status: 307,
    headers: { location: `${proxy.storage}${proxy.urls.sign(target, authorization, fault)}` },
  };
}

function sendOwn(response: ServerResponse, { status, headers, body = "" }: OwnAnswer, note: Note): void {
  note.status = status;
  note.sent = Buffer.byteLength(body);
  response.writeHead(status, { ...headers, "content-length": note.sent }).end(body);
}

interface Passage {
  readonly proxy: Proxy;
  readonly incoming: IncomingMessage;
  readonly response: ServerResponse;
  readonly fault: Fault | undefined;
  readonly note: Note;
  readonly isStorage: boolean;
  /** To ask the registry with. */
  readonly authorization: string | undefined;
}

async function passOn(passage: Passage): Promise<void> {
  const { proxy, incoming, response, fault, note, isStorage, authorization } = passage;
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  const { signal } = gone;
  const { url: target = "", method = "" } = incoming;
  const { authorization: _, range, ...headers } = incoming.headers;
  const upstream = await askRegistry({
    registry: proxy.registry,
    method,
    url: pathAtRegistry(target, fault, isStorage),
    headers: {
      ...headers,
      ...(authorization === undefined ? {} : { authorization }),
      ...(range === undefined || fault?.kind === "whole" ? {} : { range }),
    },
    body: fault?.kind === "reset" ? breakOff(incoming, fault.at) : incoming,
    signal,
  });
  if (fault?.kind === "lose-answer") {
    // The registry has done it when it answers.
    upstream.resume();
    response.destroy();
    return;
  }
  const onSent = (size: number): void => {
    note.sent += size;
  };
  note.status = upstream.statusCode;
  await sendAnswer(upstream, response, { fault, pace: proxy.pace, onSent, signal });
}

async function readToEnd(incoming: IncomingMessage): Promise<void> {
  incoming.resume();
  if (!incoming.readableEnded) await once(incoming, "end");
}

function pathAtRegistry(target: string, fault: Fault | undefined, isStorage: boolean): string {
  if (fault?.kind === "forward") return fault.path;
  return isStorage ? new URL(target, "http://storage").pathname.slice(STORAGE_PREFIX.length) : target;
}

/** @throws behind this many bytes */
async function* breakOff(body: AsyncIterable<Buffer>, at: number): AsyncGenerator<Buffer> {
  let offset = 0;
  for await (const chunk of body) {
    yield chunk.subarray(0, Math.max(at - offset, 0));
    offset += chunk.length;
    if (offset >= at) throw new Error("The connection is cut here");
  }
}

async function listen(server: Server): Promise<string> {
  await once(server, "listening");
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("Cannot listen");
  return `127.0.0.1:${address.port}`;
}

async function close(server: Server): Promise<void> {
  const closed = once(server, "close");
  server.close();
  server.closeAllConnections();
  await closed;
}
