import {
  createMemoryStore,
  type Descriptor,
  digestOf,
  type PullLimit,
  type Repository,
} from "@airgap-bundle/core";
import { describe, expect, test } from "vitest";
import { useClients } from "../../../../test/support/clients.ts";
import { makeImage, putManifest } from "../../../../test/support/images.ts";
import type { RawAnswer } from "../../../../test/support/raw-server.ts";
import type { Quirks } from "../server/options.ts";
import { serveRegistry } from "../server/serve-registry.ts";
import type { RegistryOptions } from "./open-registry.ts";

const IMAGE = makeImage(["layer".repeat(100_000)]);
const LAYER: Descriptor = IMAGE.blobs[1]?.descriptor ?? IMAGE.descriptor;
const CONTENT = IMAGE.blobs[1]?.content ?? Buffer.alloc(0);
const { mediaType, digest, size } = IMAGE.descriptor;

const { closeAfterTest, open, seen, openOdd } = useClients();

/** A repository of a sound registry that holds the image under this many tags. */
async function serve(
  quirks: Quirks = {},
  options: Partial<RegistryOptions> = {},
  tags = ["7"],
): Promise<Repository> {
  const store = createMemoryStore();
  for (const tag of tags) await putManifest(store.openRepository("team/app"), IMAGE, tag);
  const served = await serveRegistry(store, { quirks, onRequest: (request) => seen.push(request) });
  closeAfterTest(served);
  return open(served.host, options).openRepository("team/app");
}

async function collect(content: AsyncIterable<Uint8Array>): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(content));
}

function requests(): string[] {
  return seen.map(({ method, path }) => `${method} ${path.replace("/v2/team/app/", "")}`);
}

describe("resolve()", () => {
  test("does not take the page of a web server for an image", async () => {
    const repository = await openOdd(() => ({ headers: { "content-type": "text/html" }, body: "<html>" }));

    await expect(repository.resolve("7")).rejects.toMatchObject({
      code: "REGISTRY_FAILED",
      hint: expect.stringContaining("not its web page"),
    });
  });

  test("asks by HEAD what a tag or a digest stands for", async () => {
    const repository = await serve();

    expect(await repository.resolve("7")).toEqual({ mediaType, digest, size });
    expect(await repository.resolve(digest)).toEqual({ mediaType, digest, size });
    expect(await repository.resolve("8")).toBeUndefined();
    expect(requests()).toEqual(["HEAD manifests/7", `HEAD manifests/${digest}`, "HEAD manifests/8"]);
  });

  test("asks by GET where the registry names no digest", async () => {
    const repository = await serve({ omitContentDigest: true });

    expect(await repository.resolve("7")).toEqual({ mediaType, digest, size });
    expect(requests()).toEqual(["HEAD manifests/7", "GET manifests/7"]);
  });

  test.each([
    [
      "no length",
      { "content-type": mediaType, "docker-content-digest": digest, "transfer-encoding": "chunked" },
    ],
    ["an unknown type", { "content-type": "text/plain", "docker-content-digest": digest }],
    ["a digest that is none", { "content-type": mediaType, "docker-content-digest": "sha256:../x" }],
  ])("asks by GET where the registry names %s", async (_what, headers) => {
    const repository = await openOdd(() => ({ headers, body: IMAGE.content }));

    expect(await repository.resolve("7")).toEqual({ mediaType, digest, size });
  });

  test("refuses other bytes than those of the digest asked for", async () => {
    const repository = await openOdd(() => ({
      headers: { "content-type": "text/plain" },
      body: `{"layers":[]}`,
    }));

    await expect(repository.resolve(digest)).rejects.toMatchObject({ code: "DIGEST_INVALID" });
  });

  test("ignores parameters of Content-Type", async () => {
    const headers = {
      "content-type": `${mediaType}; charset=utf-8`,
      "content-length": `${size}`,
      "docker-content-digest": digest,
    };
    const repository = await openOdd(() => ({ headers, body: IMAGE.content }));

    expect(await repository.resolve("7")).toEqual({ mediaType, digest, size });
    const accept = expect.stringContaining(mediaType);
    expect(repository.server.requests).toMatchObject([
      { method: "HEAD", headers: { accept, "user-agent": "test/1", "accept-encoding": "identity" } },
    ]);
  });

  test("tells what the registry says about its limit", async () => {
    const limits: PullLimit[] = [];
    const rateLimit = { limit: 100, remaining: 2, windowSeconds: 60 };
    const repository = await serve({ rateLimit }, { onPullLimit: (limit) => limits.push(limit) });

    await repository.resolve("7");
    await repository.readManifest(IMAGE.descriptor);

    expect(limits).toEqual([
      { remaining: 2, limit: 100, windowSeconds: 60 },
      { remaining: 1, limit: 100, windowSeconds: 60 },
    ]);
  });
});

describe("readManifest()", () => {
  test("gives the bytes", async () => {
    expect(Buffer.from(await (await serve()).readManifest(IMAGE.descriptor))).toEqual(IMAGE.content);
  });

  test("fails where the registry does not have it", async () => {
    const repository = await serve();

    await expect(
      repository.readManifest({ ...IMAGE.descriptor, digest: digestOf("x") }),
    ).rejects.toMatchObject({
      code: "MANIFEST_UNKNOWN",
    });
  });

  test.each([
    ["other bytes", "DIGEST_INVALID", Buffer.alloc(size)],
    ["too much", "SIZE_INVALID", Buffer.concat([IMAGE.content, Buffer.from(" ")])],
    ["too little", "SIZE_INVALID", IMAGE.content.subarray(1)],
  ])("refuses %s with %s", async (_what, code, body) => {
    const repository = await openOdd(() => ({ headers: { "content-type": mediaType }, body }));

    await expect(repository.readManifest(IMAGE.descriptor)).rejects.toMatchObject({ code });
  });

  test("asks for none that is larger than any registry takes", async () => {
    const repository = await serve();

    await expect(repository.readManifest({ ...IMAGE.descriptor, size: 5_000_000 })).rejects.toMatchObject({
      code: "MANIFEST_INVALID",
    });
    expect(seen).toEqual([]);
  });

  test("fails at once where the pull limit is used up", async () => {
    const repository = await serve({ rateLimit: { limit: 1, remaining: 0, windowSeconds: 60 } });

    await expect(repository.readManifest(IMAGE.descriptor)).rejects.toMatchObject({
      code: "TOOMANYREQUESTS",
      message: expect.stringContaining("pull rate limit"),
    });
    expect(seen).toHaveLength(1);
  });
});

describe("openBlob() and statBlob()", () => {
  test.each([0, 1, 499_999, 500_000])("give a blob from offset %i", async (offset) => {
    const repository = await serve();

    expect((await collect(repository.openBlob(LAYER, { offset }))).equals(CONTENT.subarray(offset))).toBe(
      true,
    );
    expect(await repository.statBlob(LAYER.digest)).toEqual({ size: LAYER.size });
  });

  test("tell that there is none", async () => {
    const repository = await serve();
    const absent = { ...LAYER, digest: digestOf("absent") };

    expect(await repository.statBlob(absent.digest)).toBeUndefined();
    await expect(collect(repository.openBlob(absent))).rejects.toMatchObject({ code: "BLOB_UNKNOWN" });
  });

  test.each([
    ["a length that is too short", "SIZE_INVALID", { body: CONTENT.subarray(1) }],
    ["a length that is too long", "SIZE_INVALID", { body: Buffer.concat([CONTENT, CONTENT]) }],
    [
      "row 47: a compressed body",
      "REGISTRY_FAILED",
      { body: CONTENT, headers: { "content-encoding": "gzip" } },
    ],
    [
      "row 46: a page of a proxy",
      "SIZE_INVALID",
      { body: "<html>", headers: { "content-type": "text/html" } },
    ],
    [
      "a cut connection",
      "CONNECTION_FAILED",
      { body: CONTENT.subarray(9), headers: { "content-length": `${LAYER.size}` }, isCut: true },
    ],
    ["a status in vain", "UNAVAILABLE", { status: 503 }],
  ])("refuse %s with %s, once", async (_what, code, answer: RawAnswer) => {
    const repository = await openOdd(() => answer);

    await expect(collect(repository.openBlob(LAYER))).rejects.toMatchObject({ code });
    expect(repository.server.requests).toHaveLength(1);
  });

  test.each([
    ["all of it (row 5)", { body: CONTENT }],
    [
      "another range (row 6)",
      { status: 206, body: CONTENT.subarray(9), headers: { "content-range": `bytes 9-499999/500000` } },
    ],
    [
      "a range of an unknown whole (row 6)",
      { status: 206, body: CONTENT.subarray(10), headers: { "content-range": `bytes 10-499999/*` } },
    ],
    ["no range (row 6)", { status: 206, body: CONTENT.subarray(10) }],
    ["that there is none (row 7)", { status: 416 }],
  ])("take all of a blob, and the rest of that, where %s is answered", async (_what, odd: RawAnswer) => {
    const repository = await openOdd(({ headers }) =>
      headers.range === undefined ? { body: CONTENT } : odd,
    );

    const rest = await collect(repository.openBlob(LAYER, { offset: 10 }));

    expect(rest.equals(CONTENT.subarray(10))).toBe(true);
    expect(repository.server.requests.map(({ headers }) => headers.range)).toEqual([
      "bytes=10-499999",
      undefined,
    ]);
  });

  test("tell who refuses where the registry redirects, and not that the registry does", async () => {
    const storage = await openOdd(() => ({ status: 403, body: "<Error/>" }));
    const repository = await serve({ redirectBlobsTo: () => `${storage.server.url}/x?signature=secret` });

    await expect(collect(repository.openBlob(LAYER))).rejects.toMatchObject({
      code: "UNAVAILABLE",
      message: expect.stringMatching(
        new RegExp(`: ${storage.server.host}, to which the registry redirects, answers with status 403$`),
      ),
    });
  });

  test("take a redirect for the answer to whether there is a blob, and do not follow it", async () => {
    const storage = await openOdd(() => ({ status: 403 }));
    const repository = await serve({ redirectBlobsTo: () => storage.server.url });

    expect(await repository.statBlob(LAYER.digest)).toEqual({});
    expect(storage.server.requests).toEqual([]);
  });

  test("stop when told to", async () => {
    const repository = await serve();
    const controller = new AbortController();

    const reading = (async () => {
      for await (const _chunk of repository.openBlob(LAYER, { signal: controller.signal }))
        controller.abort(new Error("stopped"));
    })();

    await expect(reading).rejects.toThrow("stopped");
  });
});
