import { randomBytes } from "node:crypto";
import dns from "node:dns";
import { setTimeout as sleep } from "node:timers/promises";
import type { Repository, TransferEvent } from "@airgap-bundle/core";
import { afterEach, describe, expect, test, vi } from "vitest";
import { useClients } from "../../../../test/support/clients.ts";
import { makeBlob, makeImage } from "../../../../test/support/images.ts";
import { answerManifest } from "../../../../test/support/manifest-answer.ts";
import type { RawAnswer } from "../../../../test/support/raw-server.ts";
import type { OpenedRegistry } from "./open-registry.ts";

const IMAGE = makeImage(["layer"]);
const MANIFEST = answerManifest(IMAGE);

const { open, serveOdd } = useClients();

afterEach(() => void vi.restoreAllMocks());

async function resolve(registry: Pick<OpenedRegistry, "openRepository">): ReturnType<Repository["resolve"]> {
  return await registry.openRepository("team/app").resolve("7");
}

/** A name server for which every name is first ::1, where nobody listens, then 127.0.0.1. */
function findTwoAddresses(...[, options, callback]: readonly unknown[]): void {
  if (typeof callback !== "function") throw new TypeError("no callback");
  const wantsAll =
    typeof options === "object" && options !== null && "all" in options && options.all === true;
  const addresses = [
    { address: "::1", family: 6 },
    { address: "127.0.0.1", family: 4 },
  ];
  if (wantsAll) process.nextTick(callback, null, addresses);
  else process.nextTick(callback, null, "::1", 6);
}

describe("what may pass", () => {
  test.each([
    ["500", 500, { status: 500, headers: { "retry-after": "9" } }],
    ["522 with a page", 500, { status: 522, headers: { "content-type": "text/html" }, body: "<html>" }],
    ["503 with a time", 1000, { status: 503, headers: { "retry-after": "1" } }],
    ["429 with a time", 1000, { status: 429, headers: { "retry-after": "1" } }],
    ["a cut connection", 500, { isSevered: true }],
  ])("row 45: is tried again: %s, after %i ms", async (_what, waitMs, answer: RawAnswer) => {
    const events: TransferEvent[] = [];
    const server = await serveOdd(() => (server.requests.length === 0 ? answer : MANIFEST));
    const registry = open(server.host, { onEvent: (event) => events.push(event) });

    const found = await resolve(registry);

    expect(found).toEqual(IMAGE.descriptor);
    expect(events).toEqual([expect.objectContaining({ kind: "retry", host: server.host, waitMs })]);
    expect(server.requests.map(({ method }) => method)).toEqual(["HEAD", "HEAD"]);
  });

  test.each([
    ["429 without a time (row 43)", 429, {}],
    ["429 with an hour (row 44)", 429, { "retry-after": "3600" }],
  ])("is told at once: %s", async (_what, status, headers) => {
    const server = await serveOdd(() => ({ status, headers }));

    await expect(resolve(open(server.host))).rejects.toMatchObject({ code: "TOOMANYREQUESTS" });
    expect(server.requests).toHaveLength(1);
  });

  /** As `resolve`, and gives the connection the time to be kept. */
  const resolveAndRest = async (registry: OpenedRegistry): ReturnType<Repository["resolve"]> => {
    const found = await resolve(registry);
    await sleep(50);
    return found;
  };

  test("row 113: a kept connection that ends when it is used again is no failure: one more request, at once", async () => {
    const events: TransferEvent[] = [];
    const server = await serveOdd(() => (server.requests.length === 1 ? { isSevered: true } : MANIFEST));
    const registry = open(server.host, { onEvent: (event) => events.push(event) });
    await resolveAndRest(registry);

    const found = await resolve(registry);

    expect(found).toEqual(IMAGE.descriptor);
    expect(events).toEqual([]);
    expect(server.requests).toHaveLength(3);
  });

  test("row 113: what ends twice is a failure, and so is what carries a body", async () => {
    const events: TransferEvent[] = [];
    const severed = [2, 3, 5];
    const server = await serveOdd(({ method }) => {
      if (severed.includes(server.requests.length)) return { isSevered: true };
      return method === "PUT" ? { status: 201 } : MANIFEST;
    });
    const registry = open(server.host, { onEvent: (event) => events.push(event) });
    await resolveAndRest(registry);
    await resolveAndRest(registry);

    await resolveAndRest(registry);
    const afterTwo = events.length;
    await registry.openRepository("team/app").putManifest(IMAGE.descriptor, IMAGE.content);

    expect(afterTwo).toBe(1);
    expect(events).toHaveLength(2);
  });

  test.each(["GET", "POST"])("row 113: a fresh connection that ends is a failure: %s", async (asked) => {
    const events: TransferEvent[] = [];
    const server = await serveOdd(({ method }) => {
      const isFirst = server.requests.every((request) => request.method !== asked);
      if (method === asked && isFirst) return { isSevered: true };
      const headers = { ...MANIFEST.headers, connection: "close" };
      if (method === "POST") return { status: 202, headers: { ...headers, location: "/upload" } };
      return { ...MANIFEST, headers };
    });
    const registry = open(server.host, { onEvent: (event) => events.push(event) });
    const repository = registry.openRepository("team/app");
    await resolveAndRest(registry);

    if (asked === "GET") await repository.readManifest(IMAGE.descriptor);
    else await repository.checkPush();

    expect(events).toMatchObject([{ kind: "retry", message: "the connection was cut" }]);
    expect(server.requests.filter(({ method }) => method === asked)).toHaveLength(2);
  });

  test("row 113: of blobs, too, only what a kept connection ends with is sent again at once", async () => {
    const { descriptor, content } = makeBlob(randomBytes(1000));
    const severed = [1, 3];
    const server = await serveOdd(() => {
      const count = server.requests.length;
      if (severed.includes(count)) return { isSevered: true };
      return { body: content, headers: count === 2 ? { connection: "close" } : {} };
    });
    const registry = open(server.host);
    const read = async (): Promise<unknown> =>
      await Array.fromAsync(registry.openRepository("team/app").openBlob(descriptor));

    await read();
    await read();
    expect(server.requests).toHaveLength(3);

    await expect(read()).rejects.toMatchObject({ code: "CONNECTION_FAILED" });
    expect(server.requests).toHaveLength(4);
  });

  test("hold back every request to the host, and are told once", async () => {
    const events: TransferEvent[] = [];
    const times: number[] = [];
    const server = await serveOdd(() => {
      times.push(performance.now());
      return times.length === 2 ? { status: 503, headers: { "retry-after": "1" } } : MANIFEST;
    });
    const registry = open(server.host, { onEvent: (event) => events.push(event) });
    await resolve(registry);

    const failing = resolve(registry);
    while (events.length === 0) await sleep(5);
    const [refusedAt = 0] = times.slice(1);
    await Promise.all([failing, resolve(registry), resolve(registry)]);

    expect(events).toEqual([{ kind: "retry", host: server.host, waitMs: 1000, message: "status 503" }]);
    for (const time of times.slice(2)) expect(time - refusedAt).toBeGreaterThan(950);
  });

  test("row 48: is tried twice: an answer with headers of more than 64 KiB, in one or in many", async () => {
    for (const headers of [
      { "x-large": "x".repeat(70_000) },
      { "x-many": Array(9).fill("x".repeat(9000)) },
    ]) {
      const server = await serveOdd(() => ({ headers }));

      await expect(resolve(open(server.host))).rejects.toMatchObject({ code: "CONNECTION_FAILED" });
      expect(server.requests).toHaveLength(2);
    }
  });

  test("row 114: an address of several that does not answer is passed over, also for blobs", async () => {
    const { descriptor, content } = makeBlob(randomBytes(1000));
    const server = await serveOdd(({ url }) => (url.includes("/blobs/") ? { body: content } : MANIFEST));
    const lookups = vi.spyOn(dns, "lookup").mockImplementation(findTwoAddresses);
    const registry = open(server.host.replace("127.0.0.1", "localhost"));

    const found = await resolve(registry);
    const chunks = await Array.fromAsync(registry.openRepository("team/app").openBlob(descriptor), (chunk) =>
      Buffer.from(chunk),
    );

    expect(found).toEqual(IMAGE.descriptor);
    expect(Buffer.concat(chunks).equals(content)).toBe(true);
    // Twice for the scheme and the manifest, once for the blob.
    expect(lookups).toHaveBeenCalledTimes(3);
  });

  test("ends when it is told to", async () => {
    const controller = new AbortController();
    const server = await serveOdd(() => {
      controller.abort(new Error("stopped"));
      return { status: 503, headers: { "retry-after": "30" } };
    });

    const resolved = open(server.host).openRepository("team/app").resolve("7", { signal: controller.signal });

    await expect(resolved).rejects.toThrow("stopped");
  });
});
