import { contentOf, createMemoryStore, type Repository } from "@airgap-bundle/core";
import { afterEach, describe, expect, test, vi } from "vitest";
import { type ClientOptions, useClients } from "../../../../test/support/clients.ts";
import { makeBlob, makeImage, putManifest } from "../../../../test/support/images.ts";
import { type AnswerRequest, type RawServer, serveRaw } from "../../../../test/support/raw-server.ts";
import type { BearerAuth, ServerAuth } from "../server/options.ts";
import { serveRegistry } from "../server/serve-registry.ts";
import type { OpenedRegistry } from "./open-registry.ts";

const USER = { username: "ada", password: "p:äss" };
const WRONG = { username: "ada", password: "guess" };
const IMAGE = makeImage(["layer"]);

const { closeAfterTest, open, seen } = useClients();

afterEach(() => {
  vi.useRealTimers();
});

/** A registry that holds an image in `team/app` and `team/base`, and a client of it. */
async function serve(
  auth: ServerAuth,
  credentials: ClientOptions["credentials"] = USER,
): Promise<OpenedRegistry> {
  const store = createMemoryStore();
  for (const name of ["team/app", "team/base"]) await putManifest(store.openRepository(name), IMAGE, "7");
  const served = await serveRegistry(store, { auth, onRequest: (request) => seen.push(request) });
  closeAfterTest(served);
  return open(served.host, { credentials });
}

async function serveBearer(
  options: Partial<BearerAuth> = {},
  credentials: ClientOptions["credentials"] = USER,
): Promise<OpenedRegistry> {
  return await serve({ kind: "bearer", ...USER, ...options }, credentials);
}

function tokenRequests(): string[] {
  return seen.flatMap(({ path }) => (path.startsWith("/token") ? [path] : []));
}

async function resolveOften(repository: Repository, count: number): Promise<void> {
  const found = await Promise.all(Array.from({ length: count }, async () => await repository.resolve("7")));
  expect(found).toEqual(Array(count).fill(IMAGE.descriptor));
}

describe("a client of a registry with Basic", () => {
  test("sends its credentials when it is asked for them, and from then on", async () => {
    const repository = (await serve({ kind: "basic", ...USER })).openRepository("team/app");

    await resolveOften(repository, 3);

    expect(seen.map(({ status }) => status)).toEqual([401, 200, 200, 200]);
  });

  test.each([
    ["wrong credentials", WRONG, "refuses these credentials", 2],
    ["none", undefined, "it wants a login", 1],
  ])("gives up with %s", async (_what, credentials, message, attempts) => {
    const registry = await serve({ kind: "basic", ...USER });
    const repository = open(registry.name, { credentials }).openRepository("team/app");

    await expect(repository.resolve("7")).rejects.toMatchObject({
      code: "UNAUTHORIZED",
      message: expect.stringContaining(message),
      hint: expect.stringContaining("docker login"),
    });
    expect(seen).toHaveLength(attempts);
  });
});

describe("a client of a registry with Bearer", () => {
  test("gets one token for requests at the same time", async () => {
    const repository = (await serveBearer()).openRepository("team/app");

    await resolveOften(repository, 20);

    expect(tokenRequests()).toEqual(["/token?service=registry&scope=repository%3Ateam%2Fapp%3Apull"]);
    expect(seen.filter(({ status }) => status === 401)).toHaveLength(1);
  });

  test("gets a token for each scope once", async () => {
    const registry = await serveBearer();
    const layer = makeBlob("layer");
    const [app, base] = [registry.openRepository("team/app"), registry.openRepository("team/base")];

    for (const repository of [app, base, app, base]) await repository.resolve("7");
    await app.putBlob(layer.descriptor, () => contentOf(layer.content), { from: "team/base" });

    expect(
      tokenRequests().map((path) => decodeURIComponent(path.split("&scope=").slice(1).join(" "))),
    ).toEqual([
      "repository:team/app:pull",
      "repository:team/base:pull",
      "repository:team/app:pull,push repository:team/base:pull",
    ]);
  });

  test("gets a token without credentials where that is enough", async () => {
    const registry = await serveBearer({ grant: ({ action }) => action === "pull" }, undefined);
    const anonymous = open(registry.name).openRepository("team/app");

    expect(await anonymous.resolve("7")).toEqual(IMAGE.descriptor);
  });

  test("row 117: renews a token that the registry no longer takes", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const repository = (await serveBearer({ expiresInSeconds: 100 })).openRepository("team/app");
    await repository.resolve("7");

    vi.setSystemTime(Date.now() + 200_000);

    expect(await repository.resolve("7")).toEqual(IMAGE.descriptor);
    expect(tokenRequests()).toHaveLength(2);
  });

  test("renews a token before it ends, once for requests at the same time", async () => {
    vi.useFakeTimers({ toFake: ["performance"] });
    const repository = (await serveBearer({ expiresInSeconds: 100 })).openRepository("team/app");
    await repository.resolve("7");

    vi.advanceTimersByTime(89_000);
    await repository.resolve("7");
    const before = tokenRequests().length;
    vi.advanceTimersByTime(2000);
    await resolveOften(repository, 5);

    expect([before, tokenRequests().length]).toEqual([1, 2]);
    expect(seen.filter(({ status }) => status === 401)).toHaveLength(1);
  });

  test("gives up with wrong credentials, after one request for a token", async () => {
    const repository = (await serveBearer({}, WRONG)).openRepository("team/app");

    await expect(repository.resolve("7")).rejects.toMatchObject({
      code: "UNAUTHORIZED",
      message: expect.stringContaining('as "ada" (the test)'),
    });
    expect(seen.map(({ status }) => status)).toEqual([401, 401]);
  });

  test("gives up where every token is refused, without a loop", async () => {
    const repository = (await serveBearer({ expiresInSeconds: 0 })).openRepository("team/app");

    await expect(repository.resolve("7")).rejects.toMatchObject({ code: "UNAUTHORIZED" });
    expect(seen).toHaveLength(3);
  });

  test("tells what these credentials may not do", async () => {
    const registry = await serveBearer({ grant: ({ action }) => action === "pull" });
    const blob = makeBlob("new");

    const pushed = registry.openRepository("team/app").putBlob(blob.descriptor, async function* () {
      yield blob.content;
    });

    await expect(pushed).rejects.toMatchObject({ code: "DENIED", hint: expect.any(String) });
  });

  test("sends a blob where it may not read the other repository", async () => {
    const layer = makeBlob("layer");
    const registry = await serveBearer({ grant: ({ repository }) => repository === "team/app" });

    const arrival = await registry
      .openRepository("team/app")
      .putBlob(layer.descriptor, () => contentOf(layer.content), { from: "team/base" });

    expect(arrival).toBe("uploaded");
  });
});

describe("a client that is redirected to another host", () => {
  async function serveRedirecting(
    answer: AnswerRequest,
  ): Promise<{ other: RawServer; repository: Repository }> {
    const other = await serveRaw(answer);
    closeAfterTest(other);
    const store = createMemoryStore();
    await putManifest(store.openRepository("team/app"), IMAGE, "7");
    const served = await serveRegistry(store, {
      auth: { kind: "basic", ...USER },
      quirks: { redirectBlobsTo: (digest) => `${other.url}/storage/${digest}?sig=1%2B2` },
    });
    closeAfterTest(served);
    return { other, repository: open(served.host, { credentials: USER }).openRepository("team/app") };
  }

  const layer = IMAGE.blobs[1] ?? IMAGE;

  test("gives it no credentials", async () => {
    const { other, repository } = await serveRedirecting(() => ({ body: layer.content }));

    const chunks = await Array.fromAsync(repository.openBlob(layer.descriptor));

    expect(Buffer.concat(chunks)).toEqual(layer.content);
    expect(other.requests).toMatchObject([{ url: `/storage/${layer.descriptor.digest}?sig=1%2B2` }]);
    expect(other.requests[0]?.headers).not.toHaveProperty("authorization");
  });

  test("gives up where it is sent round in a circle, naming the last host but no query", async () => {
    const { other, repository } = await serveRedirecting(({ url }) => ({
      status: 307,
      headers: { location: `${url}&again=1` },
    }));

    await expect(Array.fromAsync(repository.openBlob(layer.descriptor))).rejects.toMatchObject({
      code: "REGISTRY_FAILED",
      message: expect.stringMatching(new RegExp(`redirects more than 5 times, at last to ${other.host}$`)),
    });
    expect(other.requests).toHaveLength(5);
  });

  test.each([
    [`Basic realm="x"`, "basic"],
    ["Bearer realm=/token", "bearer"],
  ])("gives it none either when it asks for %s", async (challenge) => {
    const { other, repository } = await serveRedirecting(() => ({
      status: 401,
      headers: { "www-authenticate": challenge },
    }));

    await expect(Array.fromAsync(repository.openBlob(layer.descriptor))).rejects.toMatchObject({
      code: "UNAVAILABLE",
    });
    expect(other.requests).toHaveLength(1);
    expect(other.requests[0]?.headers).not.toHaveProperty("authorization");
    expect(await repository.resolve("7")).toEqual(IMAGE.descriptor);
  });
});
