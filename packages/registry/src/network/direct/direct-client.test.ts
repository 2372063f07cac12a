import { randomBytes } from "node:crypto";
import { createServer, type Server, type Socket } from "node:net";
import { createSecureContext } from "node:tls";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterEach, beforeEach, expect, test } from "vitest";
import {
  createDirectClient,
  type DirectClient,
  type DirectRequest,
  type DirectResponse,
} from "./direct-client.ts";

const LARGE = randomBytes(5_000_000);

/** Writes its answer to a request; requests are counted from 1. */
type Respond = (socket: Socket, request: string, count: number) => void;

let server: Server;
let client: DirectClient;
let respond: Respond;
let requests: string[];
let connections: number;
let keptEndings: number;

beforeEach(async () => {
  requests = [];
  connections = 0;
  keptEndings = 0;
  server = createServer((socket) => {
    connections += 1;
    socket.on("error", () => undefined);
    socket.on("data", (data) => {
      requests.push(data.toString());
      respond(socket, data.toString(), requests.length);
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  client = createDirectClient({
    endpointOf: async ({ port }) =>
      await Promise.resolve({ tcp: { host: "127.0.0.1", port: Number(port) }, tls: undefined }),
    onKeptEnding: () => {
      keptEndings += 1;
    },
  });
});

afterEach(() => {
  client.close();
  server.close();
});

async function get({
  host = "127.0.0.1",
  ...options
}: Partial<Pick<DirectRequest, "signal" | "idleTimeoutMs">> & {
  readonly host?: string;
} = {}): Promise<DirectResponse> {
  const address = server.address();
  const port = typeof address === "object" ? address?.port : 0;
  const url = new URL(`http://${host}:${port}/v2/a/blobs/x?q=1`);
  const headers = { range: "bytes=1-" };
  return await client.send({ method: "GET", url, headers, idleTimeoutMs: 5000, ...options });
}

async function collect({ body }: DirectResponse): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of body) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

function withLength(content: Uint8Array, fields = ""): Buffer {
  return Buffer.concat([
    Buffer.from(`HTTP/1.1 200 OK\r\ncontent-length: ${content.length}\r\n${fields}\r\n`),
    content,
  ]);
}

test("send() sends a GET and gives the answer's body", async () => {
  respond = (socket) => socket.write(withLength(LARGE, "etag: x\r\n"));

  const response = await get();

  expect(response).toMatchObject({ statusCode: 200, headers: { etag: "x" } });
  expect((await collect(response)).equals(LARGE)).toBe(true);
  expect(requests[0]).toMatch(
    /^GET \/v2\/a\/blobs\/x\?q=1 HTTP\/1\.1\r\nhost: 127\.0\.0\.1:\d+\r\nrange: bytes=1-\r\nconnection: keep-alive\r\n\r\n$/,
  );
});

test("send() gives bodies whole that come in odd pieces, and in large chunks", async () => {
  const answer = withLength(LARGE);
  respond = (socket) => {
    socket.write(answer.subarray(0, 10));
    setTimeout(() => socket.write(answer.subarray(10, 70)), 10);
    setTimeout(() => socket.write(answer.subarray(70)), 20);
  };

  const { body } = await get();
  const chunks: Buffer[] = [];
  for await (const chunk of body) {
    chunks.push(Buffer.from(chunk));
    await new Promise((resolve) => void setTimeout(resolve, 5));
  }

  expect(Buffer.concat(chunks).equals(LARGE)).toBe(true);
  expect(chunks.length).toBeLessThan(30);
});

test("send() uses a connection again after a whole body, and after one that nobody wanted", async () => {
  respond = (socket) => socket.write(withLength(LARGE.subarray(0, 100_000)));

  await collect(await get());
  await collect(await get());
  expect(connections).toBe(1);
  const { body } = await get();
  await body.dump();
  await collect(await get());

  expect(connections).toBeLessThanOrEqual(2);
  expect(requests).toHaveLength(4);
});

test("send() uses no connection again on which more came than was announced", async () => {
  respond = (socket) => socket.write(Buffer.concat([withLength(Buffer.from("abc")), Buffer.from("more")]));

  expect((await collect(await get())).toString()).toBe("abc");
  expect((await collect(await get())).toString()).toBe("abc");

  expect(connections).toBe(2);
});

test("row 113: send() tells that a kept connection was closed meanwhile, and keeps none from then on", async () => {
  respond = (socket, _request, count) => {
    if (count === 3 || count === 4) socket.destroy();
    else socket.write(withLength(LARGE));
  };
  await Promise.all([get().then(collect), get().then(collect)]);

  await expect(get()).rejects.toMatchObject({ code: "ECONNRESET" });
  expect(keptEndings).toBe(1);
  await expect(get()).rejects.toMatchObject({ code: "ECONNRESET" });
  await collect(await get());

  expect({ connections, requests: requests.length }).toEqual({ connections: 4, requests: 5 });
  expect(keptEndings).toBe(1);
});

test.each([
  ["that is chunked", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"],
  ["that ends with the connection", "HTTP/1.1 200 OK\r\n\r\nabc"],
  [
    "after an answer that only announces it",
    "HTTP/1.1 103 Early\r\nlink: x\r\n\r\nHTTP/1.1 200 OK\r\n\r\nabc",
  ],
])("send() reads a body %s", async (_what, answer) => {
  respond = (socket) => socket.end(answer);

  expect((await collect(await get())).toString()).toBe("abc");
});

test("send() sees the end of a chunked body on a connection that stays", async () => {
  respond = (socket) =>
    socket.write("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n");

  expect((await collect(await get({ idleTimeoutMs: 60_000 }))).toString()).toBe("abc");
});

test.each([
  ["a body that is cut", "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc", "ECONNRESET"],
  [
    "a chunked body that is cut",
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nabc",
    "ECONNRESET",
  ],
  ["a head that is cut", "HTTP/1.1 200 OK\r\ncontent-le", "ECONNRESET"],
  ["something else", "220 mail.example ESMTP\r\n\r\n", "HPE_INVALID_CONSTANT"],
  ["a head without end (row 48)", `HTTP/1.1 200 OK\r\nx: ${"y".repeat(70_000)}`, "UND_ERR_HEADERS_OVERFLOW"],
])("send() tells of %s", async (_what, answer, code) => {
  respond = (socket) => socket.end(answer);

  await expect(get().then(collect)).rejects.toMatchObject({ code });
});

test("send() ends where an answer is announced without end (row 48)", async () => {
  respond = (socket) => {
    const timer = setInterval(() => socket.write("HTTP/1.1 100 Continue\r\n\r\n".repeat(100)), 1);
    socket.on("close", () => clearInterval(timer));
  };

  await expect(get()).rejects.toMatchObject({ code: "UND_ERR_HEADERS_OVERFLOW" });
});

test("send() gives what came before a body was cut", async () => {
  respond = (socket) => socket.end(withLength(LARGE).subarray(0, 1_000_000));
  const { body } = await get();
  let size = 0;

  const reading = (async () => {
    for await (const chunk of body) size += chunk.length;
  })();

  await expect(reading).rejects.toMatchObject({ code: "ECONNRESET" });
  expect(size).toBeGreaterThan(999_000);
});

test("row 49: send() ends where nothing comes any more, and not where its reader is slow", async () => {
  respond = (socket) => socket.write(withLength(LARGE).subarray(0, 1_000_000));
  await expect(get({ idleTimeoutMs: 100 }).then(collect)).rejects.toMatchObject({
    code: "UND_ERR_BODY_TIMEOUT",
  });

  respond = (socket) => socket.write(withLength(LARGE));
  const { body } = await get({ idleTimeoutMs: 100 });
  let size = 0;
  for await (const chunk of body) {
    if (size === 0) await new Promise((resolve) => void setTimeout(resolve, 300));
    size += chunk.length;
  }
  expect(size).toBe(LARGE.length);
});

test("send() stops where it is told to", async () => {
  const controller = new AbortController();
  const reason = new Error("stopped");
  respond = (socket) => socket.write(withLength(LARGE).subarray(0, 100_000));
  const response = await get({ signal: controller.signal });

  const collected = collect(response);
  controller.abort(reason);

  await expect(collected).rejects.toBe(reason);
  await expect(get({ signal: controller.signal })).rejects.toBe(reason);
});

test("close() ends a connection that is only coming about", async () => {
  const reached = Promise.withResolvers<void>();
  const silent = createServer((socket) =>
    socket.on("error", () => undefined).once("data", () => reached.resolve()),
  );
  await new Promise<void>((resolve) => void silent.listen(0, "127.0.0.1", resolve));
  const address = silent.address();
  const port = typeof address === "object" ? (address?.port ?? 0) : 0;
  const tls = {
    secureContext: createSecureContext(),
    rejectUnauthorized: true,
    servername: "r.test",
    ALPNProtocols: ["http/1.1"],
  };
  const shaking = createDirectClient({
    endpointOf: async () => await Promise.resolve({ tcp: { host: "127.0.0.1", port }, tls }),
  });
  const url = new URL("https://r.test/x");
  const sent = shaking.send({ method: "GET", url, headers: {}, idleTimeoutMs: 60_000 });
  await reached.promise;

  shaking.close();

  await expect(sent).rejects.toMatchObject({ code: "ECONNRESET" });
  await expect(
    shaking.send({ method: "GET", url, headers: {}, idleTimeoutMs: 60_000 }),
  ).rejects.toMatchObject({
    code: "ECONNRESET",
  });
  silent.close();
});

test("send() forgets connections that have closed, also of hosts that nobody asks again", async () => {
  setFlagsFromString("--expose-gc");
  const collectGarbage: () => void = runInNewContext("gc");
  const held = (): number => {
    collectGarbage();
    return process.memoryUsage().arrayBuffers;
  };
  respond = (socket) => socket.end(withLength(Buffer.from("x")));
  await collect(await get());
  const before = held();

  for (let host = 0; host < 200; host++) await collect(await get({ host: `r${host}.test` }));

  // Each has a buffer of 64 KiB, and collections leave some of them. The last ones take a while to close.
  await expect.poll(() => held() - before, { timeout: 10_000 }).toBeLessThan(100 * 64 * 1024);
});
