import { contentOf, createMemoryStore, type Repository, type TransferEvent } from "@airgap-bundle/core";
import { describe, expect, test } from "vitest";
import { useClients } from "../../../../test/support/clients.ts";
import { makeBlob } from "../../../../test/support/images.ts";
import { serveProxy } from "../../../../test/support/proxy-server.ts";
import type { RawAnswer } from "../../../../test/support/raw-server.ts";
import { createNetwork } from "../network/network.ts";
import { serveRegistry } from "../server/serve-registry.ts";
import type { UploadQuirks } from "../server/upload-quirks.ts";

const LAYER = makeBlob(Buffer.alloc(1000, "layer"));

const { closeAfterTest, open, openOdd, seen } = useClients();

/** Method and status of every request that the registry has seen. */
function answers(): readonly string[] {
  return seen.map(({ method, status }) => `${method} ${status}`);
}

function listen(events: TransferEvent[]): { readonly onEvent: (event: TransferEvent) => void } {
  return { onEvent: (event) => void events.push(event) };
}

async function serve(uploads: UploadQuirks, chunkSize?: number): Promise<Repository> {
  const options = { quirks: { uploads }, onRequest: seen.push.bind(seen) };
  const served = closeAfterTest(await serveRegistry(createMemoryStore(), options));
  return open(served.host, { chunkSize }).openRepository("team/app");
}

async function put(repository: Repository, { descriptor, content } = LAYER): Promise<void> {
  await repository.putBlob(descriptor, () => contentOf(content));
}

describe("putBlob() begins anew", () => {
  test("row 57: with a session of its own where the registry has lost one", async () => {
    let lost = 1;
    await put(await serve({ isSessionLost: () => lost-- > 0 }));

    expect(answers()).toEqual(["POST 202", "PUT 404", "HEAD 404", "POST 202", "PUT 201"]);
  });

  test("row 57: and says that it is the session, if every one is lost", async () => {
    await expect(put(await serve({ isSessionLost: () => true }))).rejects.toMatchObject({
      code: "BLOB_UPLOAD_UNKNOWN",
      message: expect.stringContaining("the registry has lost the upload"),
      hint: expect.stringContaining("http.secret"),
    });
  });

  test("and blames no way of sending for sessions that are lost, whatever docker's registry calls it", async () => {
    const body = JSON.stringify({
      errors: [{ code: "BLOB_UPLOAD_INVALID", message: "blob upload invalid" }],
    });
    const repository = await openOdd(({ method }): RawAnswer => {
      return method === "POST" ? { status: 202, headers: { location: "/upload" } } : { status: 404, body };
    });

    await expect(put(repository)).rejects.toMatchObject({
      code: "BLOB_UPLOAD_UNKNOWN",
      message: expect.not.stringContaining("refused before"),
      hint: expect.stringContaining("http.secret"),
    });
  });

  test.each([
    ["content was changed on its way", "DIGEST_INVALID", ["POST", "PUT", "POST", "PUT", "DELETE"]],
    [
      "Nexus gets the same blob twice",
      "BLOB_UPLOAD_INVALID",
      ["POST", "PUT", "HEAD", "POST", "PUT", "DELETE"],
    ],
  ])("row 80: once where %s", async (_what, code, methods) => {
    let puts = 0;
    const body = JSON.stringify({ errors: [{ code, message: "asset cannot be updated" }] });
    const repository = await openOdd(({ method }): RawAnswer => {
      if (method === "HEAD") return { status: 404 };
      if (method === "POST") return { status: 202, headers: { location: "/upload" } };
      puts += 1;
      return puts === 1 ? { status: 400, body } : { status: 201 };
    });

    await put(repository);

    expect(repository.server.requests.map(({ method }) => method)).toEqual(methods);
  });

  test("row 70: with a new token where that of the request has ended, from the first byte", async () => {
    let tokens = 0;
    const repository = await openOdd(({ method, url, headers }): RawAnswer => {
      if (url.startsWith("/token")) return { body: JSON.stringify({ token: `${++tokens}` }) };
      const valid = method === "PUT" ? "Bearer 2" : `Bearer ${tokens}`;
      if (headers.authorization !== valid)
        return { status: 401, headers: { "www-authenticate": `Bearer realm="/token"` } };
      return method === "POST" ? { status: 202, headers: { location: "/upload" } } : { status: 201 };
    });

    await put(repository);

    const puts = repository.server.requests.filter(({ method }) => method === "PUT");
    expect(puts.map(({ headers }) => headers.authorization)).toEqual(["Bearer 1", "Bearer 2"]);
    expect(puts.map(({ body }) => body)).toEqual([LAYER.content.toString(), LAYER.content.toString()]);
  });

  test("five times in all where the registry is overloaded", async () => {
    const repository = await openOdd(({ method }): RawAnswer => {
      return method === "HEAD" ? { status: 404 } : { status: 503, headers: { "retry-after": "0" } };
    });

    await expect(put(repository)).rejects.toMatchObject({ code: "UNAVAILABLE" });

    const methods = repository.server.requests.map(({ method }) => method);
    expect(methods.filter((method) => method === "POST")).toHaveLength(5);
    expect(methods.filter((method) => method === "HEAD")).toHaveLength(4);
  });

  test("row 56: where the connection is cut between the pieces of the content", async () => {
    const large = makeBlob(Buffer.alloc(8 * 1024 * 1024, "large layer"));
    let puts = 0;
    const repository = await openOdd(({ method }): RawAnswer => {
      if (method === "POST") return { status: 202, headers: { location: "/upload" } };
      if (method === "HEAD") return { status: 404 };
      if (method === "DELETE") return { status: 204 };
      puts += 1;
      return puts === 1 ? { isDropped: true } : { status: 201 };
    });

    await repository.putBlob(large.descriptor, async function* () {
      for (let at = 0; at < large.content.length; at += 65_536) yield large.content.subarray(at, at + 65_536);
    });

    const requests = repository.server.requests.map(({ method }) => method);
    expect(requests).toEqual(["POST", "PUT", "HEAD", "POST", "PUT", "DELETE"]);
    expect(repository.server.requests[4]?.body).toBe(large.content.toString());
  });

  test("row 60: unless the blob has arrived and only the answer was lost", async () => {
    const repository = await openOdd(({ method }): RawAnswer => {
      if (method === "HEAD") return { headers: { "content-length": "1000" } };
      if (method === "POST") return { status: 202, headers: { location: "/upload" } };
      return { status: 503, headers: { "retry-after": "0" } };
    });

    await put(repository);

    expect(repository.server.requests.map(({ method }) => method)).toEqual(["POST", "PUT", "HEAD", "DELETE"]);
  });
});

describe("putBlob() believes", () => {
  test.each([200, 202, 204])("a status of %i only after a look", async (putStatus) => {
    await put(await serve({ putStatus }));

    expect(answers()).toEqual(["POST 202", `PUT ${putStatus}`, "HEAD 200"]);
  });

  test("row 81: no server that answers 200 to all", async () => {
    const repository = await openOdd(() => ({ body: "<html><title>Welcome</title></html>" }));

    await expect(put(repository)).rejects.toMatchObject({
      code: "REGISTRY_FAILED",
      message: expect.stringContaining("it answers as no registry does: Welcome (status 200)"),
    });
  });

  test.each([
    ["keeps nothing", 404, "BLOB_UPLOAD_INVALID", /answered 200 and does not have it/],
    ["redirects everything", 302, "REGISTRY_FAILED", /answers as no registry does/],
  ])("no server that %s", async (_what, status, code, message) => {
    const headers = { location: "/login" };
    const repository = await openOdd(({ method }): RawAnswer => {
      if (status === 302 || method === "HEAD") return { status, headers };
      return { status: method === "POST" ? 202 : 200, headers };
    });

    await expect(put(repository)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });

  test("no digest that is not the blob's", async () => {
    const headers = { location: "/upload", "docker-content-digest": `sha256:${"0".repeat(64)}` };
    const repository = await openOdd(({ method }) => ({ status: method === "POST" ? 202 : 201, headers }));

    await expect(put(repository)).rejects.toMatchObject({ code: "DIGEST_INVALID" });
  });
});

describe("putBlob() goes where the registry says", () => {
  test.each([
    ["an absolute URL", (path: string, host: string) => `http://${host}${path}`],
    ["a path", (path: string) => path],
    ["a path relative to the request", (path: string) => path.slice(path.lastIndexOf("/") + 1)],
  ])("with %s", async (_what, location) => {
    await put(await serve({ location }, 600));

    expect(answers()).toEqual(["POST 202", "PATCH 202", "PATCH 202", "PUT 201"]);
  });

  test("row 62: on its own port, with one warning, where the registry leaves it out", async () => {
    const events: TransferEvent[] = [];
    const options = { quirks: { uploads: { location: (path: string) => `http://127.0.0.1${path}` } } };
    const { host } = closeAfterTest(await serveRegistry(createMemoryStore(), options));
    const registry = open(host, listen(events));

    await put(registry.openRepository("team/app"));
    await put(registry.openRepository("team/base"));

    expect(events).toEqual([
      {
        kind: "warning",
        code: "REGISTRY_ADDRESS",
        message: expect.stringContaining(
          `${host} names http://127.0.0.1 as its address; http://${host} is used`,
        ),
      },
    ]);
  });

  test("and says so where nobody answers there", async () => {
    const location = (path: string): string => `http://127.0.0.1:1${path}`;
    const options = { quirks: { uploads: { location } } };
    const { host } = closeAfterTest(await serveRegistry(createMemoryStore(), options));

    await expect(put(open(host).openRepository("team/app"))).rejects.toMatchObject({
      code: "CONNECTION_FAILED",
      message: expect.stringContaining("at http://127.0.0.1:1, where the registry sends uploads"),
      hint: expect.stringContaining("external_url"),
    });
  });

  test("row 62: and fails, with what to set, where it says nothing", async () => {
    await expect(put(await serve({ location: () => undefined }))).rejects.toMatchObject({
      code: "REGISTRY_FAILED",
      message: expect.stringContaining("names no place to upload to"),
      hint: expect.stringMatching(/external_url.*http\.host.*X-Forwarded-Proto/),
    });
  });
});

test.each(["without", "with"])(
  "putBlob() sends chunks that are lent as they were, %s a proxy",
  async (proxied) => {
    const large = makeBlob(Buffer.from(Array.from({ length: 3_000_000 }, (_, index) => index % 251)));
    const served = closeAfterTest(await serveRegistry(createMemoryStore()));
    const proxy = closeAfterTest(
      await serveProxy({ names: { "registry.test": served.host, "registry.test:443": served.host } }),
    );
    const environment = { HTTP_PROXY: proxy.url, HTTPS_PROXY: proxy.url };
    const { openRepository } =
      proxied === "with"
        ? open("registry.test", { isInsecure: true, network: createNetwork({ environment }) })
        : open(served.host);
    const repository = openRepository("team/app");

    await repository.putBlob(large.descriptor, async function* () {
      const buffer = Buffer.alloc(256 * 1024);
      for (let position = 0; position < large.content.length; position += buffer.length) {
        const part = large.content.subarray(position, position + buffer.length);
        buffer.set(part);
        yield buffer.subarray(0, part.length);
        buffer.fill(0);
      }
    });

    expect(await repository.statBlob(large.descriptor.digest)).toEqual({ size: large.content.length });
    expect(proxy.requests.some(({ method }) => method === "PUT")).toBe(proxied === "with");
  },
);

test("putBlob() tells the registry which algorithm a blob's digest has", async () => {
  const content = Buffer.from("hi");
  const { createHash } = await import("node:crypto");
  const digest = `sha512:${createHash("sha512").update(content).digest("hex")}`;
  const repository = await serve({});

  await put(repository, { descriptor: { ...LAYER.descriptor, digest, size: 2 }, content });

  expect(seen[0]?.path).toBe("/v2/team/app/blobs/uploads/?digest-algorithm=sha512");
  expect(await repository.statBlob(digest)).toEqual({ size: 2 });
});

test.each<[string, RawAnswer, { size?: number } | undefined]>([
  ["nothing of its size where no length comes", {}, {}],
  [
    "that it is there where it is redirected, as by ECR",
    { status: 307, headers: { location: "http://x/" } },
    {},
  ],
  ["nothing where HEAD is not allowed", { status: 405 }, undefined],
  ["nothing where HEAD is not implemented", { status: 501 }, undefined],
])("statBlob() knows %s", async (_what, answer, expected) => {
  const repository = await openOdd(() => answer);

  expect(await repository.statBlob(LAYER.descriptor.digest)).toEqual(expected);
  expect(repository.server.requests).toHaveLength(1);
});
