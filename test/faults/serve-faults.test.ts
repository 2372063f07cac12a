import { once } from "node:events";
import { request } from "node:http";
import { createMemoryStore, digestOf } from "@airgap-bundle/core";
import { afterEach, beforeEach, expect, test } from "vitest";
import { makeImage, putManifest } from "../support/images.ts";
import { openTestRegistry, type TestRegistry } from "../support/test-registry.ts";
import type { Fault } from "./fault.ts";
import { followRules, type Rule } from "./rules.ts";
import { type FaultProxy, serveFaults } from "./serve-faults.ts";

const IMAGE = makeImage(["0123456789".repeat(20_000)]);
const MOVED = makeImage(["moved"]);
const LAYER = IMAGE.blobs[1] ?? IMAGE;
const SIZE = LAYER.content.length;
const BLOB = `/v2/team/app/blobs/${LAYER.descriptor.digest}`;
const UPLOADS = "/v2/team/app/blobs/uploads/";

let registry: TestRegistry;
let proxy: FaultProxy | undefined;

beforeEach(async () => {
  const store = createMemoryStore();
  await putManifest(store.openRepository("team/app"), IMAGE, "1");
  await putManifest(store.openRepository("team/app"), MOVED, "2");
  registry = await openTestRegistry({ store });
});

afterEach(async () => {
  await proxy?.close();
  await registry.close();
});

/** Asks through a proxy that follows these rules. */
async function open(
  ...rules: readonly Rule[]
): Promise<(path: string, init?: RequestInit) => Promise<Response>> {
  proxy = await serveFaults({ registry: registry.host, choose: followRules(rules) });
  const { host } = proxy;
  return async (path, init) => await fetch(`http://${host}${path}`, init);
}

/** What comes of a blob, and how it ends. */
async function readBlob(
  fault: Fault,
  range?: string,
): Promise<{ status: number; body: Buffer; ok: boolean }> {
  const ask = await open({ path: /blobs/, fault });
  const response = await ask(BLOB, range === undefined ? {} : { headers: { range } });
  const chunks: Uint8Array[] = [];
  let ok = true;
  try {
    for await (const chunk of response.body ?? []) chunks.push(chunk);
  } catch {
    // That it breaks off is what some faults are for.
    ok = false;
  }
  return { status: response.status, body: Buffer.concat(chunks), ok };
}

test("without a fault everything passes as it is, and is noted", async () => {
  const ask = await open();

  const whole = await (await ask(BLOB)).bytes();
  const range = await ask(BLOB, { headers: { range: `bytes=5-${SIZE - 1}` } });
  const rest = await range.bytes();

  expect(digestOf(whole)).toBe(LAYER.descriptor.digest);
  expect(range.headers.get("content-range")).toBe(`bytes 5-${SIZE - 1}/${SIZE}`);
  expect(Buffer.from(rest)).toEqual(LAYER.content.subarray(5));
  expect(proxy?.requests).toEqual([
    { method: "GET", path: BLOB, range: undefined, fault: undefined, status: 200, sent: SIZE },
    {
      ...{ method: "GET", path: BLOB, range: `bytes=5-${SIZE - 1}`, fault: undefined },
      ...{ status: 206, sent: SIZE - 5 },
    },
  ]);
});

test.each(["kept", "chunked"] as const)(
  "cut: a body with %s framing breaks off where it is told",
  async (framing) => {
    const { body, ok } = await readBlob({ kind: "cut", at: 70_001, framing });

    expect(ok).toBe(false);
    expect(body.equals(LAYER.content.subarray(0, 70_001))).toBe(true);
  },
);

test("cut: a body that the connection's end closes looks whole", async () => {
  const { body, ok } = await readBlob({ kind: "cut", at: 70_001, framing: "close" });

  expect(ok).toBe(true);
  expect(body).toHaveLength(70_001);
});

test.each<[Fault, Buffer]>([
  [{ kind: "corrupt", at: 100_000 }, altered((content) => content.fill("1", 100_000, 100_001))],
  [
    { kind: "drop", at: 65_530, size: 100, framing: "fitted" },
    Buffer.concat([LAYER.content.subarray(0, 65_530), LAYER.content.subarray(65_630)]),
  ],
  [
    { kind: "insert", at: SIZE, size: 3, framing: "fitted" },
    Buffer.concat([LAYER.content, Buffer.alloc(3, 7)]),
  ],
  [
    { kind: "swap", at: 10, size: 70_001 },
    Buffer.concat([
      LAYER.content.subarray(0, 10),
      LAYER.content.subarray(70_011, 140_012),
      LAYER.content.subarray(10, 70_011),
      LAYER.content.subarray(140_012),
    ]),
  ],
])("%o: the body comes whole and other", async (fault, expected) => {
  const { body, ok } = await readBlob(fault);

  expect(ok).toBe(true);
  expect(body.equals(expected)).toBe(true);
});

test("whole: a range gets all of the blob", async () => {
  const { status, body } = await readBlob({ kind: "whole" }, "bytes=9-10");

  expect(status).toBe(200);
  expect(body.equals(LAYER.content)).toBe(true);
});

test("stall and pace: bytes wait, and then come", async () => {
  const startedAt = performance.now();

  const { body } = await readBlob({ kind: "stall", at: 7, ms: 100 });

  expect(performance.now() - startedAt).toBeGreaterThan(90);
  expect(body.equals(LAYER.content)).toBe(true);
  await proxy?.close();
  const pacedAt = performance.now();
  const paced = await readBlob({ kind: "pace", bytesPerSecond: SIZE * 5 });
  expect(performance.now() - pacedAt).toBeGreaterThan(150);
  expect(paced.body.equals(LAYER.content)).toBe(true);
});

test("headers, answer, forward: another head, an answer of nobody, another tag", async () => {
  const manifest = "/v2/team/app/manifests/1";
  const ask = await open(
    { path: /blobs/, fault: { kind: "headers", set: { "content-range": "bytes 1-2/3" }, status: 206 } },
    {
      path: /manifests/,
      fault: { kind: "answer", status: 429, headers: { "retry-after": "7" }, body: "slow" },
    },
    { path: /manifests/, fault: { kind: "forward", path: "/v2/team/app/manifests/2" } },
  );

  const blob = await ask(BLOB);
  const limited = await ask(manifest);
  const moved = await ask(manifest);

  expect([blob.status, blob.headers.get("content-range")]).toEqual([206, "bytes 1-2/3"]);
  expect([limited.status, limited.headers.get("retry-after"), await limited.text()]).toEqual([
    429,
    "7",
    "slow",
  ]);
  expect(digestOf(await moved.bytes())).toBe(MOVED.descriptor.digest);
  await blob.body?.cancel();
  expect(registry.takeCounts()).toEqual({ "GET blob": 1, "GET manifest": 1 });
});

test("redirect: a signed URL gives the blob, as often as it may", async () => {
  const ask = await open({ path: /^\/v2\/.*blobs/, fault: { kind: "redirect", uses: 1 } });

  const response = await ask(BLOB);
  const again = await fetch(response.url);

  expect(digestOf(await response.bytes())).toBe(LAYER.descriptor.digest);
  expect(again.status).toBe(403);
  expect(new URL(response.url).search).toContain(proxy?.signatures[0]);
});

test("hang-up and reset: the connection is cut, and the registry has no blob", async () => {
  const ask = await open(
    { method: "GET", fault: { kind: "hang-up" } },
    { method: "POST", path: /uploads/, fault: { kind: "reset", at: 1000 } },
  );
  const body = "x".repeat(100_000);
  const upload = `${UPLOADS}?digest=${digestOf(Buffer.from(body))}`;

  await expect(ask("/v2/")).rejects.toThrow("fetch failed");
  await expect(ask(upload, { method: "POST", body })).rejects.toThrow("fetch failed");

  expect(registry.takeCounts()["GET /v2/"]).toBeUndefined();
  expect((await ask(BLOB.replace(LAYER.descriptor.digest, digestOf(Buffer.from(body))))).status).toBe(404);
});

test("lose-answer: the registry has the blob, and nobody is told", async () => {
  const ask = await open({ method: "POST", fault: { kind: "lose-answer" } });
  const digest = digestOf(Buffer.from("new"));

  await expect(ask(`${UPLOADS}?digest=${digest}`, { method: "POST", body: "new" })).rejects.toThrow();

  expect((await ask(`/v2/team/app/blobs/${digest}`)).status).toBe(200);
});

test("an early answer comes before the body has", async () => {
  await open({ method: "POST", fault: { kind: "answer", status: 201, isEarly: true } });
  const sending = request(`http://${proxy?.host}${UPLOADS}`, { method: "POST" });
  sending.write("the first of it");

  const [response] = await once(sending, "response");

  expect(response.statusCode).toBe(201);
  expect(registry.takeCounts()).toEqual({});
  sending.destroy();
});

test("rules are used up, and leave alone what they skip", async () => {
  const fault: Fault = { kind: "answer", status: 503 };
  const ask = await open({ method: "HEAD", skip: 1, times: 2, fault });
  const statuses: number[] = [];

  for (let nth = 0; nth < 4; nth++) statuses.push((await ask(BLOB, { method: "HEAD" })).status);

  expect(statuses).toEqual([200, 503, 503, 200]);
});

function altered(change: (content: Buffer) => Buffer): Buffer {
  return change(Buffer.from(LAYER.content));
}
