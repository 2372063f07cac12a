import { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { type Dispatcher, request } from "undici";
import { afterEach, beforeAll, expect, test, vi } from "vitest";
import { useClients } from "../../../../test/support/clients.ts";
import { makeBlob } from "../../../../test/support/images.ts";
import { createDispatcher } from "../network/dispatcher.ts";
import { createNetwork } from "../network/network.ts";

const { closeAfterTest, open, serveOdd } = useClients();

const SECOND_MS = 1000;
/** Real time goes on beside the clock: on a busy machine many of its seconds pass until a failure is seen. */
const MOST_SECONDS = 110;
/** Of which a server sends less. */
const LENGTH = { "content-length": "1000" };

// One clock for all tests: undici has one timer, which it never makes anew.
beforeAll(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  return () => void vi.useRealTimers();
});

afterEach(() => void vi.restoreAllMocks());

/** How many seconds the clock goes on until this fails, at most two minutes. */
async function secondsUntilFailure(sent: Promise<unknown>): Promise<number> {
  const failures: unknown[] = [];
  sent.catch((error: unknown) => failures.push(error));
  let seconds = 0;
  // What is on its way has arrived before the clock goes on.
  for (await sleep(500); failures.length === 0 && seconds < 120; seconds++) {
    vi.advanceTimersByTime(SECOND_MS);
    await sleep(2);
  }
  return seconds;
}

function openDispatcher(host: string): Dispatcher {
  const options = { host, isInsecure: false, network: createNetwork() };
  return closeAfterTest(createDispatcher(options)).dispatcher;
}

test("row 49: an answer that does not begin within a minute is lost", async () => {
  const { host, url } = await serveOdd(() => ({ isSilent: true }));

  const seconds = await secondsUntilFailure(request(url, { dispatcher: openDispatcher(host) }));

  expect(seconds).toBeGreaterThanOrEqual(60);
  expect(seconds).toBeLessThan(MOST_SECONDS);
});

test("row 49: an answer of which nothing more comes for a minute is lost", async () => {
  const { host, url } = await serveOdd(() => ({ headers: LENGTH, body: "x", isSilent: true }));
  const reading = request(url, { dispatcher: openDispatcher(host) }).then(
    async ({ body }) => await body.text(),
  );

  const seconds = await secondsUntilFailure(reading);

  expect(seconds).toBeGreaterThanOrEqual(60);
  expect(seconds).toBeLessThan(MOST_SECONDS);
});

test("row 49: a registry that does not answer within a minute is asked again", async () => {
  const { host } = await serveOdd(() => ({ isSilent: true }));
  const told = Promise.withResolvers<void>();
  const registry = open(host, { onEvent: ({ kind }) => told.reject(new Error(kind)) });
  const controller = new AbortController();
  const { signal } = controller;
  const resolved = registry.openRepository("team/app").resolve("7", { signal });

  resolved.catch(() => undefined);
  const seconds = await secondsUntilFailure(told.promise);
  controller.abort();

  expect(seconds).toBeGreaterThanOrEqual(60);
  expect(seconds).toBeLessThan(MOST_SECONDS);
  await expect(told.promise).rejects.toThrow("retry");
  await expect(resolved).rejects.toThrow();
});

test("row 49: a blob of which nothing more comes for a minute is lost", async () => {
  const { setTimeout: setRealTimeout } = Socket.prototype;
  // The timers of sockets are node's own: here they go a thousand times faster.
  vi.spyOn(Socket.prototype, "setTimeout").mockImplementation(function (this: Socket, ms, whenOver) {
    return setRealTimeout.call(this, ms / SECOND_MS, whenOver);
  });
  const { descriptor } = makeBlob(Buffer.alloc(1000));
  const { host } = await serveOdd(() => ({ headers: LENGTH, body: "x", isSilent: true }));

  const startedAt = performance.now();
  const reading = Array.fromAsync(open(host).openRepository("team/app").openBlob(descriptor));

  await expect(reading).rejects.toMatchObject({
    code: "CONNECTION_FAILED",
    message: expect.stringContaining("the other side stopped answering"),
  });
  expect(performance.now() - startedAt).toBeGreaterThanOrEqual(60);
  expect(performance.now() - startedAt).toBeLessThan(10 * SECOND_MS);
});
