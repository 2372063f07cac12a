import { createMemoryStore, type TransferEvent } from "@airgap-bundle/core";
import { describe, expect, test } from "vitest";
import { alterStore } from "../../../../test/support/alter-store.ts";
import { useClients } from "../../../../test/support/clients.ts";
import { makeBlob } from "../../../../test/support/images.ts";
import type { RawAnswer } from "../../../../test/support/raw-server.ts";
import type { ServerAuth } from "../server/options.ts";
import { serveRegistry } from "../server/serve-registry.ts";

const LAYER = makeBlob(Buffer.alloc(1000, "layer"));
const USER = { username: "ci", password: "secret" };

const { closeAfterTest, open, openOdd, seen, serveOdd } = useClients();

function answers(): readonly string[] {
  return seen.map(({ method, status }) => `${method} ${status}`);
}

/** Content that gives its first bytes and then waits to be given up. */
async function* stall(begun: () => void, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  yield LAYER.content.subarray(0, 100);
  begun();
  await new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason));
  });
}

describe("an upload that will not go on", () => {
  test("row 106: is cancelled at the registry when the work is given up", async () => {
    const store = createMemoryStore();
    const served = closeAfterTest(await serveRegistry(store, { onRequest: seen.push.bind(seen) }));
    const repository = open(served.host).openRepository("team/app");
    const controller = new AbortController();
    const { signal } = controller;
    const stop = (): void => controller.abort(new Error("stopped"));

    const pushed = repository.putBlob(LAYER.descriptor, () => stall(stop, signal), { signal });

    await expect(pushed).rejects.toThrow("stopped");
    // The request that was given up may be noted behind it.
    expect(seen).toContainEqual(expect.objectContaining({ method: "DELETE" }));
  });

  test("is cancelled where the registry has said last", async () => {
    let patches = 0;
    const repository = await openOdd(
      ({ method }): RawAnswer => {
        if (method === "POST") return { status: 202, headers: { location: "/upload?at=0" } };
        if (method !== "PATCH") return { status: 404 };
        patches += 1;
        return patches === 1 ? { status: 202, headers: { location: "/upload?at=400" } } : { status: 403 };
      },
      { chunkSize: 400 },
    );

    await expect(
      repository.putBlob(LAYER.descriptor, async function* () {
        yield LAYER.content;
      }),
    ).rejects.toMatchObject({ code: "DENIED" });

    expect(repository.server.requests.at(-1)).toMatchObject({ method: "DELETE", url: "/upload?at=400" });
  });

  test.each([404, 405, 401, 500])("may stay where cancelling is answered with %i", async (status) => {
    const repository = await openOdd(({ method }): RawAnswer => {
      return method === "POST" ? { status: 202, headers: { location: "/upload" } } : { status };
    });

    await repository.checkPush();

    expect(repository.server.requests.map(({ method }) => method)).toEqual(["POST", "DELETE"]);
  });

  test("row 106: is not waited for any longer than five seconds where the registry does not answer", async () => {
    const never = Promise.withResolvers<void>();
    const store = alterStore(createMemoryStore(), () => ({ cancelUpload: async () => await never.promise }));
    const served = closeAfterTest(await serveRegistry(store));
    const startedAt = performance.now();

    await open(served.host).openRepository("team/app").checkPush();

    const elapsedMs = performance.now() - startedAt;
    never.resolve();
    expect(elapsedMs).toBeGreaterThan(4500);
    expect(elapsedMs).toBeLessThan(7500);
  }, 15_000);

  test("is not cancelled at another host, which the registry only names", async () => {
    const other = await serveOdd(() => ({ status: 204 }));
    const repository = await openOdd(({ method }): RawAnswer => {
      return method === "POST" ? { status: 202, headers: { location: `${other.url}/upload` } } : {};
    });

    await repository.checkPush();

    expect(repository.server.requests.map(({ method }) => method)).toEqual(["POST"]);
    expect(other.requests).toEqual([]);
  });

  test("costs no login where cancelling wants another right", async () => {
    const auth: ServerAuth = { kind: "bearer", ...USER };
    const served = closeAfterTest(await serveRegistry(createMemoryStore(), { auth }));
    const { host } = served;
    let deletions = 0;
    const front = await serveOdd(({ method, url, headers }): RawAnswer => {
      if (headers.authorization === undefined)
        return {
          status: 401,
          headers: { "www-authenticate": `Bearer realm="http://${host}/token",service="${host}"` },
        };
      if (method === "DELETE") {
        deletions += 1;
        return { status: 401, headers: { "www-authenticate": `Bearer realm="http://${host}/token"` } };
      }
      if (method === "POST") return { status: 202, headers: { location: `${url}1` } };
      return { status: 201 };
    });
    const repository = open(front.host, { credentials: USER }).openRepository("team/app");

    for (let check = 0; check < 5; check++) await repository.checkPush();
    await repository.putBlob(LAYER.descriptor, async function* () {
      yield LAYER.content;
    });

    expect(deletions).toBe(5);
  });
});

test.each([500, 503])("an upload that cannot be cancelled holds nothing else up: %i", async (status) => {
  const told: TransferEvent[] = [];
  const { checkPush } = await openOdd(
    ({ method }): RawAnswer =>
      method === "POST" ? { status: 202, headers: { location: "/upload" } } : { status },
    { onEvent: (event) => told.push(event) },
  );
  const startedAt = performance.now();

  for (let check = 0; check < 3; check++) await checkPush();

  expect(told).toEqual([]);
  expect(performance.now() - startedAt).toBeLessThan(500);
});

describe("checkPush()", () => {
  test("opens an upload and cancels it", async () => {
    const options = { onRequest: seen.push.bind(seen) };
    const served = closeAfterTest(await serveRegistry(createMemoryStore(), options));

    await open(served.host).openRepository("team/app").checkPush();

    expect(answers()).toEqual(["POST 202", "DELETE 204"]);
  });

  test("row 71: tells a project that does not exist", async () => {
    const quirks = { missingProjects: () => true };
    const auth: ServerAuth = { kind: "basic", ...USER };
    const served = closeAfterTest(await serveRegistry(createMemoryStore(), { auth, quirks }));
    const repository = open(served.host, { credentials: USER }).openRepository("team/app");

    await expect(repository.checkPush()).rejects.toMatchObject({
      message: expect.stringContaining(`Cannot push to ${served.host}/team/app: `),
      hint: expect.stringContaining("project"),
    });
  });

  test("row 74: tells that nothing more need be sent to a registry in maintenance", async () => {
    const body = "The registry is in maintenance";
    const { checkPush, server } = await openOdd(({ method }): RawAnswer => {
      return method === "POST" ? { status: 503, headers: { "retry-after": "0" }, body } : { status: 404 };
    });

    await expect(checkPush()).rejects.toMatchObject({ code: "UNAVAILABLE", stops: "registry" });
    expect(server.requests.filter(({ method }) => method === "POST")).toHaveLength(5);
  });
});
