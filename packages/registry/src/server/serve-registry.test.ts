import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  contentOf,
  createMemoryStore,
  digestOf,
  MEDIA_TYPES,
  openDirectoryStore,
  type Store,
  type StoreRepository,
} from "@airgap-bundle/core";
import { Agent, request as undiciRequest } from "undici";
import { afterEach, beforeEach, expect, test } from "vitest";
import { makeCertificates } from "../../../../test/peers/certificates.ts";
import { describePeers } from "../../../../test/peers/describe-peers.ts";
import { runPeer } from "../../../../test/peers/run-peer.ts";
import { type ServedRegistry, type ServeOptions, serveRegistry } from "./serve-registry.ts";

const BLOB = Buffer.alloc(3_000_000, "blob");
const DIGEST = digestOf(BLOB);

let directory: string;
let registry: ServedRegistry | undefined;
let errors: unknown[];

async function serve(store: Store, options: ServeOptions = {}): Promise<ServedRegistry> {
  registry = await serveRegistry(store, { onError: (error) => errors.push(error), ...options });
  return registry;
}

beforeEach(async () => {
  errors = [];
  directory = await mkdtemp(join(tmpdir(), "registry-"));
});

afterEach(async () => {
  await registry?.close();
  registry = undefined;
  await rm(directory, { recursive: true, force: true });
});

test("serveRegistry() listens on loopback and close() ends it", async () => {
  const { host, url, close } = await serveRegistry(createMemoryStore());
  const before = await fetch(`${url}/v2/`);
  await before.arrayBuffer();

  await close();

  expect(host).toMatch(/^127\.0\.0\.1:[0-9]+$/);
  expect(url).toBe(`http://${host}`);
  expect(before.status).toBe(200);
  await expect(fetch(`${url}/v2/`)).rejects.toThrow();
});

test("serveRegistry() fails where the port is taken", async () => {
  const { host } = await serve(createMemoryStore());
  const port = Number(host.split(":")[1]);

  await expect(serveRegistry(createMemoryStore(), { port })).rejects.toMatchObject({ code: "EADDRINUSE" });
});

test("a directory store goes on after a restart, with half an upload too", async () => {
  const first = await serve(openDirectoryStore(directory));
  const session = await fetch(`${first.url}/v2/lib/app/blobs/uploads/`, { method: "POST" });
  const location = session.headers.get("location");
  await fetch(`${first.url}${location}`, { method: "PATCH", body: BLOB.subarray(0, 1_000_000) });
  await first.close();

  const second = await serve(openDirectoryStore(directory));
  const status = await fetch(`${second.url}${location}`);
  const put = await fetch(`${second.url}${location}?digest=${DIGEST}`, {
    method: "PUT",
    body: BLOB.subarray(1_000_000),
    headers: { "content-range": "1000000-2999999" },
  });
  const blob = await fetch(`${second.url}/v2/lib/app/blobs/${DIGEST}`);

  expect(status.headers.get("range")).toBe("0-999999");
  expect(put.status).toBe(201);
  expect(Buffer.from(await blob.arrayBuffer()).equals(BLOB)).toBe(true);
});

test("a store that fails is answered with 500, and told to onError only", async () => {
  const failure = new Error("disk on fire");
  const { url } = await serve(
    withRepository({
      resolve: async () => {
        throw failure;
      },
    }),
  );

  const response = await fetch(`${url}/v2/lib/app/manifests/7.2`);

  expect(response.status).toBe(500);
  expect(await response.json()).toEqual({ errors: [{ code: "UNKNOWN", message: "the registry failed" }] });
  expect(errors).toEqual([failure]);
});

test("a blob that breaks off cuts the connection", async () => {
  const failure = new Error("disk on fire");
  const { url } = await serve(
    withRepository({
      statBlob: async () => ({ size: BLOB.length }),
      async *openBlob() {
        yield BLOB.subarray(0, 1000);
        throw failure;
      },
    }),
  );

  const pull = fetch(`${url}/v2/lib/app/blobs/${DIGEST}`).then(
    async (response) => await response.arrayBuffer(),
  );

  await expect(pull).rejects.toThrow();
  expect(errors).toEqual([failure]);
});

test("a client that goes away while it pushes leaves its session usable", async () => {
  const { url } = await serve(openDirectoryStore(directory));
  const session = await fetch(`${url}/v2/lib/app/blobs/uploads/`, { method: "POST" });
  const location = session.headers.get("location");
  const upload = request(`${url}${location}`, {
    method: "PATCH",
    headers: { "content-length": BLOB.length },
  });
  upload.write(BLOB.subarray(0, 1000));
  await waitForRange(`${url}${location}`, "0-999");

  const closed = once(upload, "close");
  upload.destroy();
  await expect(closed).rejects.toMatchObject({ code: "ECONNRESET" });

  const put = await retryWhileBusy(`${url}${location}?digest=${DIGEST}`, BLOB.subarray(1000));
  expect(put.status).toBe(201);
  expect(errors).toEqual([]);
});

test("a client that goes away while it pulls ends the reading", async () => {
  const { promise: ended, resolve: end } = Promise.withResolvers<void>();
  const { url } = await serve(
    withRepository({
      statBlob: async () => ({ size: 1e12 }),
      async *openBlob() {
        try {
          for (;;) yield BLOB;
        } finally {
          end();
        }
      },
    }),
  );
  const controller = new AbortController();
  const response = await fetch(`${url}/v2/lib/app/blobs/${DIGEST}`, { signal: controller.signal });
  await response.body?.getReader().read();

  controller.abort();

  await ended;
  expect(errors).toEqual([]);
  expect((await fetch(`${url}/v2/`)).status).toBe(200);
});

describePeers(["openssl"], "with openssl", () => {
  test("serveRegistry() speaks https", async () => {
    const { ca, key, certificate } = await makeCertificates(directory);
    const tls = { key: await readFile(key, "utf8"), cert: await readFile(certificate, "utf8") };

    const { url } = await serve(createMemoryStore(), {
      tls,
      auth: { kind: "bearer", username: "a", password: "b" },
    });
    const dispatcher = new Agent({ connect: { ca: await readFile(ca, "utf8") } });
    const { statusCode, headers } = await undiciRequest(`${url}/v2/`, { dispatcher });
    await dispatcher.close();

    expect(url).toMatch(/^https:/);
    expect(statusCode).toBe(401);
    expect(headers["www-authenticate"]).toContain(`realm="${url}/token"`);
  });
});

describePeers(["skopeo"], "with skopeo", () => {
  test("skopeo pulls and pushes images with a token", async () => {
    const store = openDirectoryStore(directory);
    const manifest = await putImage(store.openRepository("lib/app"));
    const { host } = await serve(store, { auth: { kind: "bearer", username: "ada", password: "secret" } });
    const plain = ["--src-tls-verify=false", "--dest-tls-verify=false", "--src-creds=ada:secret"];
    const layout = `oci:${join(directory, "layout")}:app`;

    await runPeer("skopeo", ["copy", ...plain, `docker://${host}/lib/app:7.2`, layout]);
    await runPeer("skopeo", [
      "copy",
      ...plain,
      "--dest-creds=ada:secret",
      layout,
      `docker://${host}/lib/copy:7.2`,
    ]);

    const copy = store.openRepository("lib/copy");
    expect(await copy.resolve("7.2")).toMatchObject({ digest: digestOf(manifest) });
    expect(await copy.statBlob(DIGEST)).toEqual({ size: BLOB.length });
    expect(errors).toEqual([]);
  });
});

/** A store whose repositories do some things in their own way. */
function withRepository(methods: Partial<StoreRepository>): Store {
  const store = createMemoryStore();
  return { ...store, openRepository: (name) => ({ ...store.openRepository(name), ...methods }) };
}

async function waitForRange(url: string, range: string): Promise<void> {
  await expect.poll(async () => (await fetch(url)).headers.get("range")).toBe(range);
}

/** The session is free again a moment after its client went away. */
async function retryWhileBusy(url: string, body: Buffer<ArrayBuffer>): Promise<Response> {
  for (;;) {
    const response = await fetch(url, { method: "PUT", body });
    if (response.status !== 400) return response;
  }
}

async function putImage(repository: StoreRepository): Promise<Buffer> {
  const config = Buffer.from(
    JSON.stringify({ architecture: "amd64", os: "linux", rootfs: { type: "layers", diff_ids: [DIGEST] } }),
  );
  const configDescriptor = {
    mediaType: MEDIA_TYPES.ociConfig,
    digest: digestOf(config),
    size: config.length,
  };
  const layer = { mediaType: "application/vnd.oci.image.layer.v1.tar", digest: DIGEST, size: BLOB.length };
  const content = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: MEDIA_TYPES.ociManifest,
      config: configDescriptor,
      layers: [layer],
    }),
  );
  await repository.putBlob(configDescriptor, () => contentOf(config));
  await repository.putBlob(layer, () => contentOf(BLOB));
  const descriptor = { mediaType: MEDIA_TYPES.ociManifest, digest: digestOf(content), size: content.length };
  await repository.putManifest(descriptor, content, { tag: "7.2" });
  return content;
}
