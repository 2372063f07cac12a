import { contentOf, createMemoryStore, type Descriptor, digestOf, MEDIA_TYPES } from "@airgap-bundle/core";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { SeenRequest } from "./options.ts";
import { type ServedRegistry, type ServeOptions, serveRegistry } from "./serve-registry.ts";

const LAYER = Buffer.alloc(700_000, "layer");
const LAYER_DIGEST = digestOf(LAYER);
const MANIFEST = Buffer.from(
  JSON.stringify({
    schemaVersion: 2,
    config: describe(LAYER, "application/vnd.example.config"),
    layers: [describe(LAYER, MEDIA_TYPES.ociLayerGzip)],
  }),
);
const MANIFEST_DIGEST = digestOf(MANIFEST);
const ABSENT = digestOf("absent");

let registry: ServedRegistry;
let seen: SeenRequest[];

/** Serves an image under five tags; replaces the registry that was served before. */
async function serve(options: ServeOptions = {}): Promise<void> {
  const store = createMemoryStore();
  const repository = store.openRepository("lib/app");
  await repository.putBlob(describe(LAYER, MEDIA_TYPES.ociLayerGzip), () => contentOf(LAYER));
  for (const tag of ["b", "A", "c", "1.10", "1.9"]) {
    await repository.putManifest(describe(MANIFEST, MEDIA_TYPES.ociManifest), MANIFEST, { tag });
  }
  registry = await serveRegistry(store, { onRequest: (request) => seen.push(request), ...options });
}

async function get(path: string, init: RequestInit = {}): Promise<Response> {
  return await fetch(`${registry.url}${path}`, { redirect: "manual", ...init });
}

beforeEach(async () => {
  seen = [];
  await serve();
});

afterEach(async () => {
  await registry.close();
});

test("GET /v2/ says that it is a registry", async () => {
  const response = await get("/v2/");

  expect(response.status).toBe(200);
  expect(response.headers.get("docker-distribution-api-version")).toBe("registry/2.0");
});

test.each(["A", MANIFEST_DIGEST])("a manifest is had by %s", async (reference) => {
  const head = await get(`/v2/lib/app/manifests/${reference}`, { method: "HEAD" });
  const response = await get(`/v2/lib/app/manifests/${reference}`);

  for (const { status, headers } of [head, response]) {
    expect(status).toBe(200);
    expect(headers.get("content-type")).toBe(MEDIA_TYPES.ociManifest);
    expect(headers.get("content-length")).toBe(`${MANIFEST.length}`);
    expect(headers.get("docker-content-digest")).toBe(MANIFEST_DIGEST);
  }
  expect(Buffer.from(await response.arrayBuffer()).equals(MANIFEST)).toBe(true);
});

test("a blob is had whole", async () => {
  const head = await get(`/v2/lib/app/blobs/${LAYER_DIGEST}`, { method: "HEAD" });
  const response = await get(`/v2/lib/app/blobs/${LAYER_DIGEST}`);

  for (const { status, headers } of [head, response]) {
    expect(status).toBe(200);
    expect(headers.get("content-type")).toBe("application/octet-stream");
    expect(headers.get("content-length")).toBe(`${LAYER.length}`);
    expect(headers.get("docker-content-digest")).toBe(LAYER_DIGEST);
  }
  expect(Buffer.from(await response.arrayBuffer()).equals(LAYER)).toBe(true);
});

test.each([
  ["bytes=500-1499", 500, 1499],
  ["bytes=0-0", 0, 0],
  ["bytes=699000-", 699_000, 699_999],
  ["bytes=600000-9000000", 600_000, 699_999],
  ["bytes=-500", 699_500, 699_999],
  ["bytes=-9000000", 0, 699_999],
])("a blob's part %s is bytes %i to %i", async (range, start, end) => {
  const response = await get(`/v2/lib/app/blobs/${LAYER_DIGEST}`, { headers: { range } });

  expect(response.status).toBe(206);
  expect(response.headers.get("content-range")).toBe(`bytes ${start}-${end}/${LAYER.length}`);
  expect(response.headers.get("content-length")).toBe(`${end - start + 1}`);
  expect(Buffer.from(await response.arrayBuffer()).equals(LAYER.subarray(start, end + 1))).toBe(true);
});

test.each(["bytes=700000-", "bytes=5000000-6000000", "bytes=500-0", "bytes=-0"])(
  "a blob has no part %s",
  async (range) => {
    const response = await get(`/v2/lib/app/blobs/${LAYER_DIGEST}`, { headers: { range } });

    expect(response.status).toBe(416);
    expect(response.headers.get("content-range")).toBe("bytes */700000");
  },
);

test.each(["bytes=0-1,4-5", "lines=1-2", "bytes=-"])("the range %s is ignored", async (range) => {
  const response = await get(`/v2/lib/app/blobs/${LAYER_DIGEST}`, { headers: { range } });

  expect(response.status).toBe(200);
});

test("tags are sorted and come in pages", async () => {
  const all = await get("/v2/lib/app/tags/list");
  const first = await get("/v2/lib/app/tags/list?n=2");
  const link = first.headers.get("link") ?? "";
  const second = await get(/^<(.+)>; rel="next"$/.exec(link)?.[1] ?? "");
  const last = await get("/v2/lib/app/tags/list?n=2&last=b");

  expect(await all.json()).toEqual({ name: "lib/app", tags: ["1.10", "1.9", "A", "b", "c"] });
  expect(all.headers.get("link")).toBeNull();
  expect(await first.json()).toEqual({ name: "lib/app", tags: ["1.10", "1.9"] });
  expect(link).toBe(`</v2/lib/app/tags/list?n=2&last=1.9>; rel="next"`);
  expect(await second.json()).toEqual({ name: "lib/app", tags: ["A", "b"] });
  expect(await last.json()).toEqual({ name: "lib/app", tags: ["c"] });
  expect(last.headers.get("link")).toBeNull();
});

test("a page of no tags has no next page", async () => {
  const response = await get("/v2/lib/app/tags/list?n=0");

  expect(await response.json()).toEqual({ name: "lib/app", tags: [] });
  expect(response.headers.get("link")).toBeNull();
});

test.each([
  ["GET", "/v2/lib/app/manifests/none", 404, "MANIFEST_UNKNOWN"],
  ["GET", `/v2/lib/app/manifests/${ABSENT}`, 404, "MANIFEST_UNKNOWN"],
  ["GET", "/v2/lib/app/manifests/.hidden", 404, "MANIFEST_UNKNOWN"],
  ["GET", "/v2/lib/app/manifests/sha256:x", 400, "DIGEST_INVALID"],
  ["GET", `/v2/lib/app/blobs/${ABSENT}`, 404, "BLOB_UNKNOWN"],
  ["GET", `/v2/lib/other/blobs/${LAYER_DIGEST}`, 404, "BLOB_UNKNOWN"],
  ["GET", "/v2/lib/app/blobs/x", 400, "DIGEST_INVALID"],
  ["GET", "/v2/lib/none/tags/list", 404, "NAME_UNKNOWN"],
  ["GET", "/v2/lib/app/tags/list?n=many", 400, "UNSUPPORTED"],
  ["GET", "/v2/lib/app/tags/list?n=-1", 400, "UNSUPPORTED"],
  ["GET", "/v2/Lib/tags/list", 400, "NAME_INVALID"],
  ["GET", "/v2/_catalog?n=1e3", 400, "UNSUPPORTED"],
  ["POST", "/v2/_catalog", 405, "UNSUPPORTED"],
  ["GET", "/v2/lib/app/referrers/x", 400, "DIGEST_INVALID"],
  ["POST", `/v2/lib/app/referrers/${ABSENT}`, 405, "UNSUPPORTED"],
  ["DELETE", "/v2/lib/app/manifests/none", 404, "MANIFEST_UNKNOWN"],
  ["DELETE", "/v2/lib/app/manifests/.hidden", 404, "MANIFEST_UNKNOWN"],
  ["DELETE", `/v2/lib/app/blobs/${ABSENT}`, 404, "BLOB_UNKNOWN"],
  ["GET", "/v2/%/tags/list", 404, "UNSUPPORTED"],
  ["POST", "/v2/", 405, "UNSUPPORTED"],
  ["POST", "/v2/lib/app/tags/list", 405, "UNSUPPORTED"],
  ["POST", `/v2/lib/app/manifests/${MANIFEST_DIGEST}`, 405, "UNSUPPORTED"],
  ["PUT", `/v2/lib/app/blobs/${LAYER_DIGEST}`, 405, "UNSUPPORTED"],
])("%s %s is answered %i %s", async (method, path, status, code) => {
  const response = await get(path, { method });

  expect(response.status).toBe(status);
  expect(await response.json()).toEqual({ errors: [{ code, message: expect.any(String) }] });
});

test("onRequest sees each request with its status", async () => {
  await get("/v2/lib/app/tags/list?n=1");
  await get("/v2/lib/app/manifests/none", { method: "HEAD" });

  expect(seen).toEqual([
    { method: "GET", path: "/v2/lib/app/tags/list?n=1", status: 200 },
    { method: "HEAD", path: "/v2/lib/app/manifests/none", status: 404 },
  ]);
});

test("quirk omitContentDigest leaves the digest out", async () => {
  await registry.close();
  await serve({ quirks: { omitContentDigest: true } });

  const response = await get("/v2/lib/app/manifests/A", { method: "HEAD" });

  expect(response.headers.get("docker-content-digest")).toBeNull();
});

test("quirk tagPageSize cuts pages whatever n says", async () => {
  await registry.close();
  await serve({ quirks: { tagPageSize: 2 } });

  const response = await get("/v2/lib/app/tags/list?n=100");

  expect(await response.json()).toEqual({ name: "lib/app", tags: ["1.10", "1.9"] });
  expect(response.headers.get("link")).toBe(`</v2/lib/app/tags/list?n=2&last=1.9>; rel="next"`);
});

test("quirk redirectBlobsTo sends elsewhere", async () => {
  await registry.close();
  await serve({ quirks: { redirectBlobsTo: (digest) => `http://storage.invalid/${digest}` } });

  const response = await get(`/v2/lib/app/blobs/${LAYER_DIGEST}`);

  expect(response.status).toBe(307);
  expect(response.headers.get("location")).toBe(`http://storage.invalid/${LAYER_DIGEST}`);
});

test("quirk rateLimit counts the GETs of manifests and nothing else", async () => {
  await registry.close();
  await serve({ quirks: { rateLimit: { limit: 100, remaining: 1, windowSeconds: 21_600 } } });

  const head = await get("/v2/lib/app/manifests/A", { method: "HEAD" });
  const first = await get("/v2/lib/app/manifests/A");
  const second = await get("/v2/lib/app/manifests/A");
  const blob = await get(`/v2/lib/app/blobs/${LAYER_DIGEST}`);

  expect(head.headers.get("ratelimit-limit")).toBe("100;w=21600");
  expect(head.headers.get("ratelimit-remaining")).toBe("1;w=21600");
  expect(first.status).toBe(200);
  expect(first.headers.get("ratelimit-remaining")).toBe("0;w=21600");
  expect(second.status).toBe(429);
  expect(await second.json()).toMatchObject({ errors: [{ code: "TOOMANYREQUESTS" }] });
  expect(blob.status).toBe(200);
});

test("serveRegistry() grants all pulls again when the window has ended, and can say when", async () => {
  let ms = 0;
  const rateLimit = { limit: 2, remaining: 0, windowSeconds: 60, tellsReset: true, now: () => ms };
  await serve({ quirks: { rateLimit } });

  const refused = await get("/v2/lib/app/manifests/A");
  ms = 15_500;
  const later = await get("/v2/lib/app/manifests/A", { method: "HEAD" });
  ms = 60_000;
  const granted = await get("/v2/lib/app/manifests/A");

  expect(refused.status).toBe(429);
  expect(refused.headers.get("ratelimit-reset")).toBe("60");
  expect(later.headers.get("ratelimit-reset")).toBe("45");
  expect(granted.status).toBe(200);
  expect(granted.headers.get("ratelimit-remaining")).toBe("1;w=60");
});

test("serveRegistry() refuses requests of any kind that come too fast, with a page and a time", async () => {
  let ms = 0;
  const requestLimit = { requests: 2, windowSeconds: 10, now: () => ms };
  await serve({ quirks: { requestLimit } });

  const first = await get("/v2/lib/app/manifests/A", { method: "HEAD" });
  const second = await get(`/v2/lib/app/blobs/${LAYER_DIGEST}`);
  ms = 3000;
  const third = await get("/v2/lib/app/manifests/A", { method: "HEAD" });
  ms = 10_000;
  const fourth = await get("/v2/lib/app/manifests/A", { method: "HEAD" });

  expect([first, second, third, fourth].map(({ status }) => status)).toEqual([200, 200, 429, 200]);
  expect(third.headers.get("retry-after")).toBe("7");
  expect(third.headers.get("content-type")).toBe("text/html");
});

function describe(content: Uint8Array, mediaType: string): Descriptor {
  return { mediaType, digest: digestOf(content), size: content.length };
}
