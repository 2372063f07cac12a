import { randomBytes } from "node:crypto";
import { createServer, type Server, type Socket } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import {
  createDirectClient,
  type DirectClient,
  type DirectRequest,
  type DirectResponse,
} from "./direct-client.ts";

const LARGE = randomBytes(5_000_000);
const CREATED = "HTTP/1.1 201 Created\r\ncontent-length: 0\r\n\r\n";

/** Does what a server does with a connection; they are counted from 1. */
type Serve = (socket: Socket, count: number) => void;

let server: Server;
let client: DirectClient;
let serve: Serve;
let connections: number;

beforeEach(async () => {
  connections = 0;
  server = createServer((socket) => {
    connections += 1;
    socket.on("error", () => undefined);
    serve(socket, connections);
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  client = createDirectClient({
    endpointOf: async ({ port }) =>
      await Promise.resolve({ tcp: { host: "127.0.0.1", port: Number(port) }, tls: undefined }),
  });
});

afterEach(() => {
  client.close();
  server.close();
});

async function put(
  body: AsyncIterable<Uint8Array>,
  options: Partial<Pick<DirectRequest, "signal" | "idleTimeoutMs">> = {},
): Promise<DirectResponse> {
  const address = server.address();
  const port = typeof address === "object" ? address?.port : 0;
  const url = new URL(`http://127.0.0.1:${port}/v2/a/blobs/uploads/1?digest=x`);
  const headers = { "content-length": `${LARGE.length}` };
  return await client.send({ method: "PUT", url, headers, body, idleTimeoutMs: 5000, ...options });
}

/** Content whose chunks are lent: they are one buffer. */
async function* lend(content: Uint8Array, onEnd?: () => void): AsyncGenerator<Uint8Array> {
  const buffer = Buffer.alloc(700_000);
  try {
    for (let position = 0; position < content.length; position += buffer.length) {
      const part = content.subarray(position, position + buffer.length);
      buffer.set(part);
      yield buffer.subarray(0, part.length);
      buffer.fill("x");
    }
  } finally {
    onEnd?.();
  }
}

/** A server that begins to read after a while, and gives each request to `answer` when it has all of it. */
function takeWhole(answer: (head: string, body: Buffer) => string): Serve {
  return (socket) => {
    let received = Buffer.alloc(0);
    socket.pause();
    setTimeout(() => socket.resume(), 20);
    socket.on("data", (data: Buffer) => {
      received = Buffer.concat([received, data]);
      const start = received.indexOf("\r\n\r\n") + 4;
      if (received.length - start < LARGE.length) return;
      socket.write(answer(received.subarray(0, start).toString(), received.subarray(start)));
      received = Buffer.alloc(0);
    });
  };
}

test("send() sends a body of lent chunks as it is, and keeps the connection", async () => {
  const heads: string[] = [];
  const bodies: Buffer[] = [];
  serve = takeWhole((head, body) => {
    heads.push(head);
    bodies.push(body);
    return CREATED;
  });

  for (const count of [1, 2]) {
    const { statusCode, body } = await put(lend(LARGE));
    await body.dump();
    expect({ statusCode, count: bodies.length }).toEqual({ statusCode: 201, count });
  }

  expect(bodies.map((body) => body.equals(LARGE))).toEqual([true, true]);
  expect(heads[0]).toMatch(
    /^PUT \/v2\/a\/blobs\/uploads\/1\?digest=x HTTP\/1\.1\r\nhost: 127\.0\.0\.1:\d+\r\ncontent-length: 5000000\r\nconnection: keep-alive\r\n\r\n$/,
  );
  expect(connections).toBe(1);
});

test("send() sends no more of a body that has been answered, and nothing else on that connection", async () => {
  serve = (socket, count) => {
    if (count > 1) return takeWhole(() => CREATED)(socket, count);
    socket.write("HTTP/1.1 413 Too Large\r\ncontent-length: 3\r\n\r\nno!");
  };
  const ended = Promise.withResolvers<void>();

  const { statusCode, body } = await put(lend(LARGE, ended.resolve));
  for await (const chunk of body) expect(Buffer.from(chunk).toString()).toBe("no!");

  expect(statusCode).toBe(413);
  await ended.promise;
  await (await put(lend(LARGE))).body.dump();
  expect(connections).toBe(2);
});

test("row 68: send() gives an answer that has come when more of the body cannot be sent any more", async () => {
  const refused = Promise.withResolvers<void>();
  serve = (socket) => {
    socket.once("data", () => {
      socket.write("HTTP/1.1 403 Forbidden\r\ncontent-length: 3\r\n\r\nno!");
      socket.destroy();
      refused.resolve();
    });
  };
  const ended = Promise.withResolvers<void>();

  const { statusCode, body } = await put(
    (async function* (): AsyncGenerator<Uint8Array> {
      try {
        // Nothing of the answer is read before the first chunks: they are written at once.
        await refused.promise;
        for (let chunk = 0; chunk < 50; chunk++) yield LARGE.subarray(0, 100);
      } finally {
        ended.resolve();
      }
    })(),
  );

  expect(statusCode).toBe(403);
  for await (const chunk of body) expect(Buffer.from(chunk).toString()).toBe("no!");
  await ended.promise;
});

test("send() fails with what a body fails with, and ends the connection", async () => {
  const failure = new Error("damaged");
  const closed = Promise.withResolvers<void>();
  serve = (socket) => socket.resume().once("close", () => closed.resolve());

  const sending = put(
    (async function* (): AsyncGenerator<Uint8Array> {
      yield LARGE.subarray(0, 1000);
      throw failure;
    })(),
  );

  await expect(sending).rejects.toBe(failure);
  await closed.promise;
});

test("row 49: send() ends where nothing is taken any more, and not where a body comes slowly", async () => {
  serve = () => undefined;
  const ended = Promise.withResolvers<void>();
  await expect(put(lend(LARGE, ended.resolve), { idleTimeoutMs: 200 })).rejects.toMatchObject({
    code: "UND_ERR_BODY_TIMEOUT",
  });
  await ended.promise;

  serve = takeWhole(() => CREATED);
  const slow = async function* (): AsyncGenerator<Uint8Array> {
    for (let part = 0; part < 5; part++) {
      await new Promise((resolve) => void setTimeout(resolve, 100));
      yield LARGE.subarray(part * 1_000_000, (part + 1) * 1_000_000);
    }
  };
  // Longer than the waits for a part, on a busy machine too.
  expect(await put(slow(), { idleTimeoutMs: 2000 })).toMatchObject({ statusCode: 201 });
});

test("send() ends a body where the connection is cut", async () => {
  serve = (socket) => socket.once("data", () => socket.resetAndDestroy());
  const ended = Promise.withResolvers<void>();

  await expect(put(lend(LARGE, ended.resolve))).rejects.toMatchObject({
    code: expect.stringMatching(/^(ECONNRESET|EPIPE)$/),
  });
  await ended.promise;
});

test("send() ends a body where it is told to", async () => {
  const controller = new AbortController();
  const reason = new Error("stopped");
  serve = (socket) => socket.once("data", () => controller.abort(reason));
  const ended = Promise.withResolvers<void>();

  await expect(put(lend(LARGE, ended.resolve), { signal: controller.signal })).rejects.toBe(reason);
  await ended.promise;
});

test("send() uses no connection that has been idle for as long as servers keep them", {
  timeout: 10_000,
}, async () => {
  serve = takeWhole(() => CREATED);
  await (await put(lend(LARGE))).body.dump();

  await new Promise((resolve) => void setTimeout(resolve, 4200));

  await (await put(lend(LARGE))).body.dump();
  expect(connections).toBe(2);
});
