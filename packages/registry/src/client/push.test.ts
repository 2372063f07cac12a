import { contentOf, createMemoryStore, digestOf, type Repository, type Store } from "@airgap-bundle/core";
import { describe, expect, test } from "vitest";
import { useClients } from "../../../../test/support/clients.ts";
import { makeBlob, makeImage } from "../../../../test/support/images.ts";
import type { AnswerRequest, RawAnswer } from "../../../../test/support/raw-server.ts";
import { type ServeOptions, serveRegistry } from "../server/serve-registry.ts";
import type { OpenedRegistry } from "./open-registry.ts";

const LAYER = makeBlob("layer".repeat(100_000));
const EMPTY = makeBlob("");
const IMAGE = makeImage([]);
const CREATED = { status: 201, headers: { "docker-content-digest": IMAGE.descriptor.digest } };

const { closeAfterTest, open, seen, openOdd } = useClients();

async function serve(store: Store, options: ServeOptions = {}): Promise<OpenedRegistry> {
  const served = await serveRegistry(store, { ...options, onRequest: (request) => seen.push(request) });
  closeAfterTest(served);
  return open(served.host);
}

/** Opens an upload session at `location`, then answers the upload itself. */
function uploadTo(location: string, answer: RawAnswer): AnswerRequest {
  return ({ method }) => (method === "POST" ? { status: 202, headers: { location } } : answer);
}

async function put(repository: Repository, { descriptor, content } = LAYER): Promise<void> {
  await repository.putBlob(descriptor, () => contentOf(content));
}

describe("putBlob()", () => {
  test.each([
    ["a blob", LAYER],
    ["an empty blob", EMPTY],
  ])("stores %s", async (_what, blob) => {
    const store = createMemoryStore();
    const repository = (await serve(store)).openRepository("team/app");

    await put(repository, blob);

    expect(await store.openRepository("team/app").statBlob(blob.descriptor.digest)).toEqual({
      size: blob.content.length,
    });
  });

  test.each([
    ["other bytes", "DIGEST_INVALID", Buffer.alloc(LAYER.content.length)],
    ["too little", "SIZE_INVALID", LAYER.content.subarray(1)],
    ["too much", "SIZE_INVALID", Buffer.concat([LAYER.content, Buffer.from("x")])],
  ])("stores nothing of %s, and fails with %s", async (_what, code, content) => {
    const store = createMemoryStore();
    const repository = (await serve(store)).openRepository("team/app");

    await expect(put(repository, { descriptor: LAYER.descriptor, content })).rejects.toMatchObject({ code });
    expect(await store.openRepository("team/app").statBlob(LAYER.descriptor.digest)).toBeUndefined();
  });

  test("row 109: fails with what the content fails with, not with the connection that breaks of it", async () => {
    const store = createMemoryStore();
    const repository = (await serve(store)).openRepository("team/app");
    const failure = new TypeError("bug");
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield LAYER.content.subarray(0, 1000);
      throw failure;
    }

    await expect(repository.putBlob(LAYER.descriptor, broken)).rejects.toBe(failure);
    expect(seen.filter(({ status }) => status === 201)).toEqual([]);
    expect(await store.openRepository("team/app").statBlob(LAYER.descriptor.digest)).toBeUndefined();
  });

  test("begins anew with a session of its own after a failure that may pass", async () => {
    let puts = 0;
    const repository = await openOdd(({ method }) => {
      if (method === "POST") return { status: 202, headers: { location: "/upload?_state=a%2Bb" } };
      if (method === "HEAD") return { status: 404 };
      puts += 1;
      return puts === 1 ? { status: 503, headers: { "retry-after": "0" } } : { status: 201 };
    });

    await put(repository);

    const { requests } = repository.server;
    expect(requests.map(({ method }) => method)).toEqual(["POST", "PUT", "HEAD", "POST", "PUT", "DELETE"]);
    expect(requests[4]).toMatchObject({ body: LAYER.content.toString() });
    expect(requests[4]?.url).toBe(
      `/upload?_state=a%2Bb&digest=${encodeURIComponent(LAYER.descriptor.digest)}`,
    );
  });

  test("row 58: does not believe an answer that comes before the content, and tries once more after a look", async () => {
    const repository = await openOdd(uploadTo("/upload", { status: 201, isEarly: true }));
    const large = makeBlob(Buffer.alloc(20_000_000));
    async function* chunks(): AsyncGenerator<Uint8Array> {
      for (let start = 0; start < large.content.length; start += 50_000)
        yield large.content.subarray(start, start + 50_000);
    }

    await expect(repository.putBlob(large.descriptor, chunks)).rejects.toMatchObject({
      code: "BLOB_UPLOAD_INVALID",
      message: expect.stringMatching(/answered after \d+ of 20000000 bytes/),
    });
    const methods = repository.server.requests.map(({ method }) => method);
    expect(methods.filter((method) => method !== "DELETE")).toEqual(["POST", "PUT", "HEAD", "POST", "PUT"]);
  });

  test.each([
    ["names no place", { status: 202 }, "REGISTRY_FAILED"],
    [
      "refuses",
      { status: 403, body: `{"errors":[{"code":"DENIED","message":"project is full"}]}` },
      "DENIED",
    ],
  ])("row 81: fails where the registry %s", async (_what, answer: RawAnswer, code) => {
    const repository = await openOdd(() => answer);

    await expect(put(repository)).rejects.toMatchObject({ code });
  });
});

describe("putManifest()", () => {
  test("stores a manifest under a tag, and under its digest", async () => {
    const store = createMemoryStore();
    const repository = (await serve(store)).openRepository("team/app");
    for (const blob of IMAGE.blobs) await put(repository, blob);

    await repository.putManifest(IMAGE.descriptor, IMAGE.content);
    const before = await repository.resolve("7");
    await repository.putManifest(IMAGE.descriptor, IMAGE.content, { tag: "7" });

    expect(before).toBeUndefined();
    expect(await store.openRepository("team/app").resolve("7")).toEqual(IMAGE.descriptor);
  });

  test("fails where the registry lacks a blob", async () => {
    const repository = (await serve(createMemoryStore())).openRepository("team/app");

    await expect(repository.putManifest(IMAGE.descriptor, IMAGE.content)).rejects.toMatchObject({
      code: "MANIFEST_BLOB_UNKNOWN",
    });
  });

  test("sends the exact media type", async () => {
    const repository = await openOdd(() => CREATED);

    await repository.putManifest(IMAGE.descriptor, IMAGE.content, { tag: "7" });

    expect(repository.server.requests).toMatchObject([
      {
        method: "PUT",
        url: "/v2/team/app/manifests/7",
        headers: { "content-type": IMAGE.descriptor.mediaType },
      },
    ]);
  });

  test.each([
    ["stores something else", { ...CREATED, headers: { "docker-content-digest": digestOf("other") } }],
    ["answers and stores nothing", { status: 201 }],
  ])("fails where the registry %s", async (_what, answer: RawAnswer) => {
    const repository = await openOdd(({ method }) => (method === "PUT" ? answer : { status: 404 }));

    await expect(repository.putManifest(IMAGE.descriptor, IMAGE.content)).rejects.toMatchObject({
      code: "DIGEST_INVALID",
    });
  });

  test("row 76: sends none that is larger than registries take", async () => {
    const content = Buffer.alloc(4 * 1024 * 1024 + 1);
    const repository = await openOdd(() => CREATED);

    await expect(repository.putManifest(makeBlob(content).descriptor, content)).rejects.toMatchObject({
      code: "MANIFEST_INVALID",
    });
    expect(repository.server.requests).toEqual([]);
  });
});
