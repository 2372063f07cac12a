import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { contentOf, MAX_MANIFEST_SIZE } from "../content.ts";
import type { Descriptor } from "../descriptor.ts";
import { digestOf } from "../hash.ts";
import { MEDIA_TYPES } from "../media-types.ts";
import type { Store, StoreRepository } from "../repository.ts";
import { openDirectoryStore } from "./directory-store.ts";
import { createMemoryStore } from "./memory-store.ts";

const CONFIG = Buffer.from(`{"os":"linux"}`);
const LAYER = Buffer.alloc(600_000, "layer");
const ABSENT = descriptorOf(Buffer.from("absent"), MEDIA_TYPES.ociLayerGzip);

const directories: string[] = [];

async function openTemporaryStore(): Promise<Store> {
  const directory = await mkdtemp(join(tmpdir(), "store-"));
  directories.push(directory);
  return openDirectoryStore(directory);
}

afterAll(async () => {
  for (const directory of directories) await rm(directory, { recursive: true, force: true });
});

describe.each([
  { name: "memory", open: async () => createMemoryStore() },
  { name: "directory", open: openTemporaryStore },
])("$name store", ({ open }) => {
  let store: Store;
  let repository: StoreRepository;

  beforeEach(async () => {
    store = await open();
    repository = store.openRepository("library/redis");
  });

  test("putManifest() makes an image readable by tag and by digest", async () => {
    const { descriptor, content } = await putImage(repository, "7.2");

    expect(await repository.resolve("7.2")).toEqual(descriptor);
    expect(await repository.resolve(descriptor.digest)).toEqual(descriptor);
    expect(Buffer.from(await repository.readManifest(descriptor)).equals(content)).toBe(true);
    expect(await Array.fromAsync(repository.listTags())).toEqual(["7.2"]);
    expect(await store.listRepositories()).toEqual(["library/redis"]);
  });

  test("putManifest() moves a tag and may be repeated", async () => {
    await putImage(repository, "latest");
    const { descriptor, content } = await putImage(repository, "latest", { annotations: { second: "yes" } });

    await repository.putManifest(descriptor, content, { tag: "latest" });

    expect(await repository.resolve("latest")).toEqual(descriptor);
    expect(await Array.fromAsync(repository.listTags())).toEqual(["latest"]);
  });

  test("openBlob() gives a blob from an offset", async () => {
    const layer = await putBlob(repository, LAYER);

    const chunks = await Array.fromAsync(repository.openBlob(layer, { offset: 300_000 }));

    expect(Buffer.concat(chunks).equals(LAYER.subarray(300_000))).toBe(true);
    expect(await repository.statBlob(layer.digest)).toEqual({ size: LAYER.length });
  });

  test("putBlob() does not read content that is there", async () => {
    const layer = await putBlob(repository, LAYER);
    let isOpened = false;

    await repository.putBlob(layer, () => {
      isOpened = true;
      return contentOf(LAYER);
    });

    expect(isOpened).toBe(false);
  });

  test.each([
    ["DIGEST_INVALID", Buffer.alloc(LAYER.length)],
    ["SIZE_INVALID", LAYER.subarray(1)],
  ])("putBlob() refuses wrong content with %s", async (code, content) => {
    const layer = descriptorOf(LAYER, MEDIA_TYPES.ociLayerGzip);

    await expect(repository.putBlob(layer, () => contentOf(content))).rejects.toMatchObject({ code });

    expect(await repository.statBlob(layer.digest)).toBeUndefined();
    expect(await store.listRepositories()).toEqual([]);
  });

  test("a blob belongs to the repository that it was put into", async () => {
    const layer = await putBlob(repository, LAYER);
    const other = store.openRepository("library");

    expect(await other.statBlob(layer.digest)).toBeUndefined();
    await expect(Array.fromAsync(other.openBlob(layer))).rejects.toMatchObject({ code: "BLOB_UNKNOWN" });
  });

  test("mountBlob() shares a blob of another repository, and only that", async () => {
    const layer = await putBlob(repository, LAYER);
    const other = store.openRepository("other/redis");

    expect(await other.mountBlob(layer, "library/redis")).toBe(true);
    expect(await other.mountBlob(ABSENT, "library/redis")).toBe(false);
    expect(await other.mountBlob(layer, "library/none")).toBe(false);
    expect(await other.mountBlob(layer, "../../library/redis")).toBe(false);

    expect(await other.statBlob(layer.digest)).toEqual({ size: LAYER.length });
  });

  test("resolve() and statBlob() know nothing of what is not there", async () => {
    expect(await repository.resolve("latest")).toBeUndefined();
    expect(await repository.resolve(ABSENT.digest)).toBeUndefined();
    expect(await repository.resolve("../_tags/latest")).toBeUndefined();
    expect(await repository.statBlob("../blobs")).toBeUndefined();
  });

  test("readManifest() of another repository's manifest is MANIFEST_UNKNOWN", async () => {
    const { descriptor } = await putImage(repository, "7.2");

    const read = store.openRepository("other").readManifest(descriptor);

    await expect(read).rejects.toMatchObject({ code: "MANIFEST_UNKNOWN" });
  });

  test("listTags() of no repository is NAME_UNKNOWN", async () => {
    await expect(Array.fromAsync(repository.listTags())).rejects.toMatchObject({ code: "NAME_UNKNOWN" });
  });

  test("listTags() of a repository that holds only blobs is empty", async () => {
    await putBlob(repository, LAYER);

    expect(await Array.fromAsync(repository.listTags())).toEqual([]);
  });

  test("putManifest() names the blob that is missing", async () => {
    const config = await putBlob(repository, CONFIG);
    const { descriptor, content } = manifestOf({ config, layers: [ABSENT] });

    const put = repository.putManifest(descriptor, content, { tag: "7.2" });

    await expect(put).rejects.toMatchObject({
      code: "MANIFEST_BLOB_UNKNOWN",
      message: expect.stringContaining(ABSENT.digest),
    });
    expect(await repository.resolve("7.2")).toBeUndefined();
  });

  test.each([
    "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
    "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
  ])("putManifest() does not ask for a layer of the type %s", async (mediaType) => {
    const config = await putBlob(repository, CONFIG);
    const { descriptor, content } = manifestOf({ config, layers: [{ ...ABSENT, mediaType }] });

    await repository.putManifest(descriptor, content);

    expect(await repository.resolve(descriptor.digest)).toEqual(descriptor);
  });

  test("putManifest() takes an artifact of any type whose subject is still to come", async () => {
    const config = await putBlob(repository, Buffer.from("{}"), "application/vnd.oci.empty.v1+json");
    const layer = await putBlob(repository, LAYER, "application/vnd.example.thing");
    const extra = { artifactType: "application/vnd.example", subject: ABSENT };
    const { descriptor, content } = manifestOf({ config, layers: [layer], ...extra });

    await repository.putManifest(descriptor, content);

    expect(await repository.resolve(descriptor.digest)).toEqual(descriptor);
  });

  test("putManifest() of an index asks for its children in the same repository", async () => {
    const { descriptor: child } = await putImage(repository, "7.2");
    const index = manifestOf({ mediaType: MEDIA_TYPES.ociIndex, manifests: [child] });

    await repository.putManifest(index.descriptor, index.content, { tag: "all" });
    const elsewhere = store.openRepository("other").putManifest(index.descriptor, index.content);

    await expect(elsewhere).rejects.toMatchObject({ code: "MANIFEST_BLOB_UNKNOWN" });
    expect(await repository.resolve("all")).toEqual(index.descriptor);
  });

  test("putManifest() takes an index of blobs, as BuildKit's caches are", async () => {
    const layer = await putBlob(repository, LAYER);
    const index = manifestOf({ mediaType: MEDIA_TYPES.ociIndex, manifests: [layer] });

    await repository.putManifest(index.descriptor, index.content);

    expect(await repository.resolve(index.descriptor.digest)).toEqual(index.descriptor);
  });

  test.each([
    [
      "MANIFEST_INVALID",
      descriptorOf(Buffer.from("no JSON"), MEDIA_TYPES.ociManifest),
      Buffer.from("no JSON"),
    ],
    ["DIGEST_INVALID", { ...ABSENT, size: 2 }, Buffer.from("{}")],
    ["SIZE_INVALID", ABSENT, Buffer.from("{}")],
    ["SIZE_INVALID", ABSENT, Buffer.alloc(MAX_MANIFEST_SIZE + 1)],
  ])("putManifest() refuses wrong bytes with %s", async (code, descriptor, content) => {
    await expect(repository.putManifest(descriptor, content)).rejects.toMatchObject({ code });
  });

  test("putManifest() refuses a malformed tag", async () => {
    const { descriptor, content } = await putImage(repository, "7.2");

    const put = repository.putManifest(descriptor, content, { tag: "../7.2" });

    await expect(put).rejects.toMatchObject({ code: "MANIFEST_INVALID" });
  });

  test.each(["", "Upper", "../x", "a/_tags/b", "/etc", "a//b"])("openRepository() refuses %j", (name) => {
    expect(() => store.openRepository(name)).toThrow(expect.objectContaining({ code: "NAME_INVALID" }));
  });

  test("repositories may nest, and are listed in order", async () => {
    for (const name of ["b", "a/b/c", "a"]) await putBlob(store.openRepository(name), CONFIG);

    expect(await store.listRepositories()).toEqual(["a", "a/b/c", "b"]);
  });

  test("reading stops when its signal is aborted", async () => {
    const layer = await putBlob(repository, LAYER);

    const read = Array.fromAsync(repository.openBlob(layer, { signal: AbortSignal.abort() }));

    await expect(read).rejects.toMatchObject({ name: "AbortError" });
  });
});

function descriptorOf(content: Uint8Array, mediaType: string): Descriptor {
  return { mediaType, digest: digestOf(content), size: content.length };
}

function manifestOf(fields: object): { descriptor: Descriptor; content: Buffer } {
  const document = { schemaVersion: 2, mediaType: MEDIA_TYPES.ociManifest, ...fields };
  const content = Buffer.from(JSON.stringify(document));
  return { descriptor: descriptorOf(content, document.mediaType), content };
}

async function putBlob(
  repository: StoreRepository,
  content: Uint8Array,
  mediaType: string = MEDIA_TYPES.ociLayerGzip,
): Promise<Descriptor> {
  const descriptor = descriptorOf(content, mediaType);
  await repository.putBlob(descriptor, () => contentOf(content));
  return descriptor;
}

async function putImage(
  repository: StoreRepository,
  tag: string,
  extra: object = {},
): Promise<{ descriptor: Descriptor; content: Buffer }> {
  const config = await putBlob(repository, CONFIG, MEDIA_TYPES.ociConfig);
  const layers = [await putBlob(repository, LAYER)];
  const manifest = manifestOf({ config, layers, ...extra });
  await repository.putManifest(manifest.descriptor, manifest.content, { tag });
  return manifest;
}
