import { createHash } from "node:crypto";
import { contentOf, createMemoryStore, digestOf, MAX_MANIFEST_SIZE, MEDIA_TYPES } from "@airgap-bundle/core";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Quirks } from "./options.ts";
import { type ServedRegistry, serveRegistry } from "./serve-registry.ts";

const BLOB = Buffer.from("0123456789");
const DIGEST = digestOf(BLOB);
const OTHER_DIGEST = digestOf("other");
const MANIFEST = manifestOf(DIGEST);

let registry: ServedRegistry;

async function serve(quirks: Quirks = {}): Promise<void> {
  registry = await serveRegistry(createMemoryStore(), { quirks });
}

async function send(method: string, path: string, init: RequestInit = {}): Promise<Response> {
  return await fetch(`${registry.url}${path}`, { method, ...init });
}

/** Opens a session and returns its path. */
async function start(): Promise<string> {
  const response = await send("POST", "/v2/lib/app/blobs/uploads/");
  expect(response.status).toBe(202);
  expect(response.headers.get("range")).toBe("0-0");
  return response.headers.get("location") ?? "";
}

async function pushBlob(repository = "lib/app"): Promise<Response> {
  return await send("POST", `/v2/${repository}/blobs/uploads/?digest=${DIGEST}`, { body: BLOB });
}

async function expectError(response: Response, status: number, code: string): Promise<void> {
  expect(response.status).toBe(status);
  expect(await response.json()).toEqual({ errors: [{ code, message: expect.any(String) }] });
}

async function expectStored(response: Response, repository = "lib/app"): Promise<void> {
  expect(response.status).toBe(201);
  expect(response.headers.get("docker-content-digest")).toBe(DIGEST);
  expect(response.headers.get("location")).toBe(`/v2/${repository}/blobs/${DIGEST}`);
  const blob = await send("GET", `/v2/${repository}/blobs/${DIGEST}`);
  expect(await blob.text()).toBe("0123456789");
}

beforeEach(async () => {
  await serve();
});

afterEach(async () => {
  await registry.close();
});

test("a blob comes with one POST", async () => {
  await expectStored(await pushBlob());
});

test("a blob comes with POST and PUT", async () => {
  const location = await start();

  await expectStored(await send("PUT", `${location}?digest=${DIGEST}`, { body: BLOB }));
});

test("a blob comes in one stream with PATCH, and PUT", async () => {
  const location = await start();
  const body = ReadableStream.from(contentOf(BLOB));

  const patch = await send("PATCH", location, { body, duplex: "half" });
  const put = await send("PUT", `${patch.headers.get("location")}?digest=${encodeURIComponent(DIGEST)}`);

  expect(patch.status).toBe(202);
  await expectStored(put);
});

test("a blob comes in chunks, the last one with PUT", async () => {
  const location = await start();

  const first = await send("PATCH", location, {
    body: BLOB.subarray(0, 4),
    headers: { "content-range": "0-3" },
  });
  const second = await send("PATCH", location, {
    body: BLOB.subarray(4, 8),
    headers: { "content-range": "4-7" },
  });
  const last = await send("PUT", `${location}?digest=${DIGEST}`, {
    body: BLOB.subarray(8),
    headers: { "content-range": "8-9" },
  });

  expect([first.status, first.headers.get("range")]).toEqual([202, "0-3"]);
  expect([second.status, second.headers.get("range")]).toEqual([202, "0-7"]);
  await expectStored(last);
});

test.each([
  ["PATCH", "4-7"],
  ["PATCH", "0-8"],
  ["PATCH", "bytes 0-3"],
  ["PATCH", "3-0"],
  ["PUT", "4-7"],
])("%s of a chunk at %s is refused, and the session goes on", async (method, range) => {
  const location = await start();

  const response = await send(method, `${location}?digest=${DIGEST}`, {
    body: BLOB.subarray(0, 4),
    headers: { "content-range": range },
  });
  const status = await send("GET", location);

  await expectError(response, 416, "BLOB_UPLOAD_INVALID");
  expect(response.headers.get("location")).toBe(location);
  expect(status.status).toBe(204);
  await expectStored(await send("PUT", `${location}?digest=${DIGEST}`, { body: BLOB }));
});

test("GET of a session tells where it goes on", async () => {
  const location = await start();
  await send("PATCH", location, { body: BLOB.subarray(0, 4) });

  const response = await send("GET", location);

  expect(response.status).toBe(204);
  expect(response.headers.get("range")).toBe("0-3");
  expect(response.headers.get("location")).toBe(location);
});

test("DELETE of a session ends it", async () => {
  const location = await start();

  const response = await send("DELETE", location);
  const status = await send("GET", location);

  expect(response.status).toBe(204);
  await expectError(status, 404, "BLOB_UPLOAD_UNKNOWN");
});

test("a blob of another repository is mounted", async () => {
  await pushBlob("lib/base");

  const response = await send("POST", `/v2/lib/app/blobs/uploads/?mount=${DIGEST}&from=lib/base`);

  await expectStored(response);
});

test.each([
  ["what is not there", `mount=${OTHER_DIGEST}&from=lib/base`, {}],
  ["what is nowhere", `mount=${OTHER_DIGEST}`, {}],
  ["from a malformed name", `mount=${DIGEST}&from=%22x`, {}],
  ["from a registry that refuses it", `mount=${DIGEST}&from=lib/base`, { refuseMounts: true }],
])("mounting %s opens a session", async (_what, query, quirks) => {
  await registry.close();
  await serve(quirks);
  await pushBlob("lib/base");

  const response = await send("POST", `/v2/lib/app/blobs/uploads/?${query}`);

  expect(response.status).toBe(202);
  await expectStored(
    await send("PUT", `${response.headers.get("location")}?digest=${DIGEST}`, { body: BLOB }),
  );
});

test("a wrong digest is refused on every way", async () => {
  const first = await start();
  const second = await start();

  const post = await send("POST", `/v2/lib/app/blobs/uploads/?digest=${OTHER_DIGEST}`, { body: BLOB });
  const put = await send("PUT", `${first}?digest=${OTHER_DIGEST}`, { body: BLOB });
  const none = await send("PUT", second, { body: BLOB });
  const malformed = await send("POST", "/v2/lib/app/blobs/uploads/?digest=sha256:x", { body: BLOB });
  const mount = await send("POST", "/v2/lib/app/blobs/uploads/?mount=x&from=lib/base");

  for (const response of [post, put, none, malformed, mount])
    await expectError(response, 400, "DIGEST_INVALID");
  expect((await send("HEAD", `/v2/lib/app/blobs/${OTHER_DIGEST}`)).status).toBe(404);
});

test("a sha512 blob is as good", async () => {
  const digest = `sha512:${createHash("sha512").update(BLOB).digest("hex")}`;

  const response = await send("POST", `/v2/lib/app/blobs/uploads/?digest=${digest}`, { body: BLOB });

  expect(response.status).toBe(201);
  expect((await send("HEAD", `/v2/lib/app/blobs/${digest}`)).headers.get("content-length")).toBe("10");
});

test.each(["7.2", digestOf(MANIFEST)])(
  "a manifest is stored as %s, with its type and bytes",
  async (reference) => {
    await pushBlob();
    const headers = { "content-type": MEDIA_TYPES.ociManifest };

    const response = await send("PUT", `/v2/lib/app/manifests/${reference}`, { body: MANIFEST, headers });
    const stored = await send("GET", response.headers.get("location") ?? "");

    expect(response.status).toBe(201);
    expect(response.headers.get("docker-content-digest")).toBe(digestOf(MANIFEST));
    expect(response.headers.get("location")).toBe(`/v2/lib/app/manifests/${digestOf(MANIFEST)}`);
    expect(stored.headers.get("content-type")).toBe(MEDIA_TYPES.ociManifest);
    expect(Buffer.from(await stored.arrayBuffer()).equals(MANIFEST)).toBe(true);
  },
);

test("a manifest without Content-Type is what it says it is", async () => {
  await pushBlob();

  const response = await send("PUT", "/v2/lib/app/manifests/7.2", { body: new Uint8Array(MANIFEST) });
  const stored = await send("HEAD", "/v2/lib/app/manifests/7.2");

  expect(response.status).toBe(201);
  expect(stored.headers.get("content-type")).toBe(MEDIA_TYPES.ociManifest);
});

test.each([
  ["MANIFEST_BLOB_UNKNOWN", 400, "7.2", manifestOf(OTHER_DIGEST), MEDIA_TYPES.ociManifest],
  ["MANIFEST_INVALID", 400, "7.2", Buffer.from("{}"), MEDIA_TYPES.ociManifest],
  ["MANIFEST_INVALID", 400, "7.2", Buffer.from("{}"), "text/plain"],
  ["MANIFEST_INVALID", 400, "7.2", Buffer.from("no JSON"), ""],
  ["MANIFEST_INVALID", 400, ".x", MANIFEST, MEDIA_TYPES.ociManifest],
  ["DIGEST_INVALID", 400, OTHER_DIGEST, MANIFEST, MEDIA_TYPES.ociManifest],
  ["DIGEST_INVALID", 400, "sha256:baddigeststring", MANIFEST, MEDIA_TYPES.ociManifest],
  ["SIZE_INVALID", 413, "7.2", Buffer.alloc(MAX_MANIFEST_SIZE + 1), MEDIA_TYPES.ociManifest],
])("a manifest is refused with %s, %i", async (code, status, reference, body, mediaType) => {
  await pushBlob();

  const response = await send("PUT", `/v2/lib/app/manifests/${reference}`, {
    body: new Uint8Array(body),
    headers: mediaType === "" ? {} : { "content-type": mediaType },
  });

  await expectError(response, status, code);
});

test("a manifest that is too large and does not say so is refused", async () => {
  const body = ReadableStream.from(contentOf(Buffer.alloc(MAX_MANIFEST_SIZE + 1)));

  const response = await send("PUT", "/v2/lib/app/manifests/7.2", { body, duplex: "half" });

  await expectError(response, 413, "SIZE_INVALID");
});

test("quirk dockerMediaTypesRefused refuses docker's manifests", async () => {
  await registry.close();
  await serve({ dockerMediaTypesRefused: true });
  const headers = { "content-type": MEDIA_TYPES.dockerManifest };

  const response = await send("PUT", "/v2/lib/app/manifests/7.2", { body: MANIFEST, headers });

  await expectError(response, 415, "MANIFEST_INVALID");
});

test.each([
  ["manifests/7.2", "GET, HEAD, PUT"],
  [`manifests/${digestOf(MANIFEST)}`, "GET, HEAD, PUT"],
  [`blobs/${DIGEST}`, "GET, HEAD"],
])("quirk refuseDeletion refuses to delete %s", async (path, allowed) => {
  await registry.close();
  await serve({ refuseDeletion: true });
  await pushBlob();
  const headers = { "content-type": MEDIA_TYPES.ociManifest };
  await send("PUT", "/v2/lib/app/manifests/7.2", { body: MANIFEST, headers });

  const response = await send("DELETE", `/v2/lib/app/${path}`);

  expect(response.headers.get("allow")).toBe(allowed);
  await expectError(response, 405, "UNSUPPORTED");
  const { status } = await send("HEAD", `/v2/lib/app/${path}`);
  expect(status).toBe(200);
});

test.each([
  ["GET", "/v2/lib/app/blobs/uploads/"],
  ["POST", "/v2/lib/app/manifests/7.2"],
])("%s %s is not supported", async (method, path) => {
  const response = await send(method, path);

  await expectError(response, 405, "UNSUPPORTED");
});

function manifestOf(digest: string): Buffer<ArrayBuffer> {
  const blob = { mediaType: MEDIA_TYPES.octetStream, digest, size: BLOB.length };
  return Buffer.from(JSON.stringify({ schemaVersion: 2, config: blob, layers: [blob] }));
}
