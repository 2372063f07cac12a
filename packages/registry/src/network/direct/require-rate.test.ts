import { createServer, type Server, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createDirectClient, type DirectClient, type DirectResponse } from "./direct-client.ts";

const HALF_A_MINUTE_MS = 30_000;

let server: Server;
let client: DirectClient;
/** The client's connection at the server, once it has sent its request. */
let asked: PromiseWithResolvers<Socket>;
let startedAt: number;

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ["performance"] });
  startedAt = performance.now();
  asked = Promise.withResolvers();
  server = createServer((socket) => {
    socket.on("error", () => undefined).once("data", () => asked.resolve(socket));
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
  vi.useRealTimers();
});

async function get(): Promise<DirectResponse> {
  const address = server.address();
  const port = typeof address === "object" ? address?.port : 0;
  const url = new URL(`http://127.0.0.1:${port}/x`);
  return await client.send({ method: "GET", url, headers: {}, idleTimeoutMs: 60_000 });
}

/** Sends these, one every thirty seconds; resolves when the client has had the time to take the last one. */
async function sendSlowly(parts: Iterable<string>): Promise<void> {
  const socket = await asked.promise;
  for (const part of parts) {
    socket.write(part);
    await sleep(20);
    vi.advanceTimersByTime(HALF_A_MINUTE_MS);
  }
}

async function countBytes({ body }: DirectResponse): Promise<number> {
  let size = 0;
  for await (const chunk of body) size += chunk.length;
  return size;
}

const CHUNKED = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
const CHUNK = "1\r\nx\r\n";
const LAST_CHUNK = "0\r\n\r\n";
const TOO_SLOW = { code: "CONNECTION_FAILED", message: expect.stringContaining("less than 1 KiB a second") };

test("row 49: requireRate() ends a body of a byte every thirty seconds after two minutes", async () => {
  const reading = get().then(countBytes);
  const endedAfterMs = reading.then(
    () => 0,
    () => performance.now() - startedAt,
  );
  const refused = expect(reading).rejects.toMatchObject(TOO_SLOW);

  await sendSlowly([CHUNKED, ...Array(4).fill(CHUNK)]);

  await refused;
  expect(await endedAfterMs).toBeGreaterThanOrEqual(120_000);
});

test("row 49: requireRate() ends a head that comes so slowly, too", async () => {
  const refused = expect(get()).rejects.toMatchObject(TOO_SLOW);

  await sendSlowly(CHUNKED.slice(0, 5));

  await refused;
});

test("row 49: requireRate() lets a body go on that is done in two minutes, however slow it is", async () => {
  const reading = get().then(countBytes);

  await sendSlowly([CHUNKED, CHUNK, CHUNK, LAST_CHUNK]);

  expect(await reading).toBe(2);
});

test("requireRate() lets a server say for as long as it likes that it will answer", async () => {
  const reading = get().then(countBytes);

  await sendSlowly([
    ...Array(10).fill("HTTP/1.1 102 Processing\r\n\r\n"),
    `${CHUNKED}${CHUNK}`,
    CHUNK,
    LAST_CHUNK,
  ]);

  expect(await reading).toBe(2);
});
