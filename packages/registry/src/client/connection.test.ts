import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createMemoryStore, type Repository } from "@airgap-bundle/core";
import { beforeAll, describe, expect, test } from "vitest";
import { makeCertificates } from "../../../../test/peers/certificates.ts";
import { describePeers } from "../../../../test/peers/describe-peers.ts";
import { useClients } from "../../../../test/support/clients.ts";
import { makeImage, putManifest } from "../../../../test/support/images.ts";
import { answerManifest } from "../../../../test/support/manifest-answer.ts";
import { type ServeOptions, type ServerTls, serveRegistry } from "../server/serve-registry.ts";
import type { OpenedRegistry } from "./open-registry.ts";
import { createRegistryPool, type RegistryPool, type RegistryPoolOptions } from "./registry-pool.ts";

const IMAGE = makeImage(["layer"]);
const MANIFEST = answerManifest(IMAGE);
const USER = { username: "ada", password: "secret" };

const { closeAfterTest, open, seen, serveOdd } = useClients();

/** A sound registry that holds an image in this repository; resolves to its host. */
async function serve(options: ServeOptions = {}, repository = "team/app"): Promise<string> {
  const store = createMemoryStore();
  await putManifest(store.openRepository(repository), IMAGE, "7");
  const onRequest: ServeOptions["onRequest"] = (request) => seen.push(request);
  const served = await serveRegistry(store, { ...options, onRequest });
  closeAfterTest(served);
  return served.host;
}

async function resolve(registry: Pick<OpenedRegistry, "openRepository">): ReturnType<Repository["resolve"]> {
  return await registry.openRepository("team/app").resolve("7");
}

describePeers(["openssl"], "TLS", () => {
  let tls: ServerTls;

  beforeAll(async () => {
    const directory = await mkdtemp(join(tmpdir(), "tls-"));
    const { key, certificate } = await makeCertificates(directory);
    tls = { key: await readFile(key, "utf8"), cert: await readFile(certificate, "utf8") };
    await rm(directory, { recursive: true });
  });

  test("row 116: refuses a certificate that nobody vouches for, and does not ask again", async () => {
    const registry = open(await serve({ tls }));

    const first = resolve(registry);
    await expect(first).rejects.toMatchObject({
      code: "TLS_FAILED",
      hint: expect.stringContaining("--insecure"),
    });
    const second = Array.fromAsync(registry.openRepository("team/other").listTags());

    await expect(second).rejects.toMatchObject({
      code: "TLS_FAILED",
      message: expect.stringMatching(
        /^Cannot list the tags of .*team\/other: nobody whom this machine trusts vouches/,
      ),
    });
    expect(seen).toEqual([]);
  });

  test("takes any certificate of an insecure host", async () => {
    expect(await resolve(open(await serve({ tls }), { isInsecure: true }))).toEqual(IMAGE.descriptor);
  });
});

describe("plain http", () => {
  test("is spoken with a loopback address unasked", async () => {
    expect(await resolve(open(await serve()))).toEqual(IMAGE.descriptor);
  });

  test("is spoken with another address only where that is allowed", async () => {
    // The system takes this for loopback; by its text it is not.
    const host = (await serve()).replace("127.0.0.1", "0.0.0.0");

    const strict = resolve(open(host));

    await expect(strict).rejects.toMatchObject({ code: "TLS_FAILED" });
    expect(seen).toEqual([]);
    expect(await resolve(open(host, { isInsecure: true }))).toEqual(IMAGE.descriptor);
  });
});

test("what a host speaks is found out anew after an answer that it is down, as a proxy gives in its place", async () => {
  let isDown = true;
  const server = createServer((socket) =>
    socket.once("data", ([first]) => {
      // A handshake begins so; what ends it is an alert.
      if (first === 0x16) return isDown ? socket.destroy() : socket.end(Buffer.from("15030300020228", "hex"));
      isDown = false;
      return socket.end(
        "HTTP/1.1 503 No\r\nretry-after: 0\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
      );
    }),
  );
  closeAfterTest({ close: async () => await new Promise<void>((done) => void server.close(() => done())) });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;

  await expect(resolve(open(`127.0.0.1:${port}`))).rejects.toMatchObject({ code: "TLS_FAILED" });
});

describe("redirects", () => {
  test("end after five", async () => {
    const server = await serveOdd(({ url }) => ({ status: 307, headers: { location: `${url}x` } }));

    await expect(resolve(open(server.host))).rejects.toMatchObject({
      code: "REGISTRY_FAILED",
      message: expect.stringContaining("more than 5"),
    });
    expect(server.requests).toHaveLength(6);
  });

  test("keep the credentials at the registry itself", async () => {
    const server = await serveOdd(({ url, headers }) => {
      if (headers.authorization === undefined)
        return { status: 401, headers: { "www-authenticate": "Basic" } };
      return url === "/moved" ? MANIFEST : { status: 307, headers: { location: "/moved" } };
    });

    expect(await resolve(open(server.host, { credentials: USER }))).toEqual(IMAGE.descriptor);
    expect(server.requests.at(-1)?.headers.authorization).toMatch(/^Basic /);
  });

  test("are not followed with an upload", async () => {
    const server = await serveOdd(() => ({ status: 307, headers: { location: "/elsewhere" } }));

    const pushed = open(server.host).openRepository("team/app").putManifest(IMAGE.descriptor, IMAGE.content);

    await expect(pushed).rejects.toMatchObject({ code: "REGISTRY_FAILED" });
    expect(server.requests).toHaveLength(1);
  });
});

describe("createRegistryPool()", () => {
  const FOUND = { kind: "password", origin: "the test", ...USER } as const;

  function createPool(options: Partial<RegistryPoolOptions> = {}): RegistryPool {
    const pool = createRegistryPool({
      userAgent: "test/1",
      findCredentials: async () => undefined,
      insecureHosts: [],
      ...options,
    });
    closeAfterTest(pool);
    return pool;
  }

  test("asks a mirror, with its prefix and its own credentials, in the registry's name", async () => {
    const host = await serve({ auth: { kind: "basic", ...USER } }, "hub/library/redis");
    const mirrors = new Map([["docker.io", { host, prefix: "hub" }]]);
    const pool = createPool({
      mirrors,
      findCredentials: async (name) => (name === host ? FOUND : undefined),
    });
    const original = {
      auth: { kind: "inline", credentials: { username: "eve", password: "other" } },
    } as const;

    const redis = pool.open("docker.io", original).openRepository("library/redis");

    expect(await redis.resolve("7")).toEqual(IMAGE.descriptor);
    expect(new Set(seen.map(({ method, path }) => `${method} ${path}`))).toEqual(
      new Set(["HEAD /v2/hub/library/redis/manifests/7"]),
    );
    await expect(redis.readManifest({ ...IMAGE.descriptor, size: 2 ** 40 })).rejects.toThrow(
      /docker\.io\/library\/redis/,
    );
  });

  test.each([
    ["the selection's", { kind: "inline", credentials: USER }, 200],
    ["those of a variable", { kind: "environment", variable: "HUB", credentials: USER }, 200],
    ["none", { kind: "none" }, 401],
    ["those of the auth file", undefined, 200],
  ] as const)("takes the right credentials: %s", async (_what, auth, status) => {
    const host = await serve({ auth: { kind: "basic", ...USER } });
    const registry = createPool({ findCredentials: async () => FOUND }).open(
      host,
      auth === undefined ? {} : { auth },
    );

    const outcome = await resolve(registry).then(
      () => 200,
      () => 401,
    );

    expect(outcome).toBe(status);
  });

  test("sends people to log in to the mirror, not to the registry that it stands for", async () => {
    const host = await serve({ auth: { kind: "basic", ...USER } });
    const pool = createPool({ mirrors: new Map([["docker.io", { host, prefix: "" }]]) });

    await expect(resolve(pool.open("docker.io"))).rejects.toMatchObject({
      code: "UNAUTHORIZED",
      hint: expect.stringContaining(`docker login ${host}`),
    });
  });

  test("tells that the mirror was asked, of whatever it fails", async () => {
    const { host } = await serveOdd(({ method, url }) =>
      method === "HEAD" || url.includes("tags")
        ? { status: 405 }
        : { headers: { "content-type": "text/html" }, body: "<html>" },
    );
    const pool = createPool({ mirrors: new Map([["docker.io", { host, prefix: "" }]]) });
    const repository = pool.open("docker.io").openRepository("library/redis");

    await expect(repository.resolve("7")).rejects.toMatchObject({
      message: `Cannot resolve docker.io/library/redis:7: ${host} sent text/html, which is no manifest`,
    });
    await expect(Array.fromAsync(repository.listTags())).rejects.toMatchObject({
      message: `Cannot list the tags of docker.io/library/redis from ${host}: status 405`,
    });
  });

  test("refuses a variable without credentials, naming it", () => {
    const auth = { kind: "environment", variable: "HUB_AUTH" } as const;

    expect(() => createPool().open("r.io", { auth })).toThrow(
      expect.objectContaining({ code: "UNAUTHORIZED", message: expect.stringContaining("HUB_AUTH") }),
    );
  });

  test("allows plain http by the host or by the selection", async () => {
    const host = (await serve()).replace("127.0.0.1", "0.0.0.0");

    const strict = resolve(createPool().open(host));

    await expect(strict).rejects.toMatchObject({ code: "TLS_FAILED" });
    expect(await resolve(createPool({ insecureHosts: [host] }).open(host))).toEqual(IMAGE.descriptor);
    expect(await resolve(createPool().open(host, { skipTlsVerify: true }))).toEqual(IMAGE.descriptor);
  });

  test("counts requests and keeps what a registry says about its limit", async () => {
    const host = await serve({ quirks: { rateLimit: { limit: 10, remaining: 5, windowSeconds: 60 } } });
    const pool = createPool();

    const repository = pool.open(host).openRepository("team/app");
    await repository.resolve("7");
    await repository.readManifest(IMAGE.descriptor);
    await Array.fromAsync(repository.listTags());

    expect(pool.open(host)).toBe(pool.open(host));
    expect(pool.requests()).toMatchObject({ headManifest: 1, getManifest: 1, listTags: 1, putBlob: 0 });
    expect(pool.pullLimit(host)).toEqual({ remaining: 4, limit: 10, windowSeconds: 60 });
  });
});
