import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { contentOf } from "../content.ts";
import type { Descriptor } from "../descriptor.ts";
import { digestOf } from "../hash.ts";
import { MEDIA_TYPES } from "../media-types.ts";
import type { Store, StoreRepository } from "../repository.ts";
import { openDirectoryStore } from "./directory-store.ts";
import { createMemoryStore } from "./memory-store.ts";

const SIGNATURE_TYPE = "application/vnd.example.signature";
const ABSENT = digestOf("absent");

const directories: string[] = [];

/** Opens one store, at first and again after what a restart of its process is. */
type OpenStore = () => Store;

afterAll(async () => {
  for (const directory of directories) await rm(directory, { recursive: true, force: true });
});

async function prepareDirectoryStore(): Promise<OpenStore> {
  const directory = await mkdtemp(join(tmpdir(), "store-"));
  directories.push(directory);
  return () => openDirectoryStore(directory);
}

async function prepareMemoryStore(): Promise<OpenStore> {
  const store = createMemoryStore();
  return () => store;
}

describe.each([
  { name: "memory", prepare: prepareMemoryStore },
  { name: "directory", prepare: prepareDirectoryStore },
])("$name store", ({ prepare }) => {
  let open: OpenStore;
  let repository: StoreRepository;

  beforeEach(async () => {
    open = await prepare();
    repository = open().openRepository("library/redis");
  });

  test("deleteTag() leaves the manifest and its other tags", async () => {
    const image = await putManifest(repository, {}, "7.2");
    await putManifest(repository, {}, "latest");

    await repository.deleteTag("latest");

    expect(await repository.resolve("latest")).toBeUndefined();
    expect(await repository.resolve("7.2")).toEqual(image);
    expect(await Array.fromAsync(open().openRepository("library/redis").listTags())).toEqual(["7.2"]);
  });

  test("deleteManifest() takes every tag of it away, and no other", async () => {
    const image = await putManifest(repository, {}, "7.2");
    await putManifest(repository, {}, "latest");
    const other = await putManifest(repository, { annotations: { a: "b" } }, "7.4");

    await repository.deleteManifest(image.digest);

    expect(await repository.resolve(image.digest)).toBeUndefined();
    expect(await Array.fromAsync(repository.listTags())).toEqual(["7.4"]);
    expect(await repository.resolve("7.4")).toEqual(other);
    await expect(repository.readManifest(image)).rejects.toMatchObject({ code: "MANIFEST_UNKNOWN" });
  });

  test("deleteBlob() takes a blob away from this repository alone", async () => {
    const config = await putConfig(repository);
    const other = open().openRepository("other");
    await other.mountBlob(config, "library/redis");

    await repository.deleteBlob(config.digest);

    expect(await repository.statBlob(config.digest)).toBeUndefined();
    expect(await other.statBlob(config.digest)).toEqual({ size: config.size });
    await expect(Array.fromAsync(repository.openBlob(config))).rejects.toMatchObject({
      code: "BLOB_UNKNOWN",
    });
  });

  test("what was deleted can be put again", async () => {
    const image = await putManifest(repository, {}, "7.2");
    await repository.deleteManifest(image.digest);

    expect(await putManifest(repository, {}, "7.2")).toEqual(image);
    expect(await repository.resolve("7.2")).toEqual(image);
  });

  test("an emptied repository is still listed, without tags", async () => {
    const image = await putManifest(repository, {}, "7.2");
    await repository.deleteManifest(image.digest);

    expect(await open().listRepositories()).toEqual(["library/redis"]);
    expect(await Array.fromAsync(repository.listTags())).toEqual([]);
  });

  test.each(["latest", "../_tags/latest"])("deleteTag() of no tag %j is MANIFEST_UNKNOWN", async (tag) => {
    await expect(repository.deleteTag(tag)).rejects.toMatchObject({ code: "MANIFEST_UNKNOWN" });
  });

  test.each([ABSENT, "latest"])("deleteManifest() of no manifest %j is MANIFEST_UNKNOWN", async (digest) => {
    await expect(repository.deleteManifest(digest)).rejects.toMatchObject({ code: "MANIFEST_UNKNOWN" });
  });

  test.each([ABSENT, "latest"])("deleteBlob() of no blob %j is BLOB_UNKNOWN", async (digest) => {
    await expect(repository.deleteBlob(digest)).rejects.toMatchObject({ code: "BLOB_UNKNOWN" });
  });

  test("listReferrers() gives what speaks of a digest, also after a restart", async () => {
    const subject = await putManifest(repository, {}, "7.2");
    const signature = await putManifest(repository, {
      artifactType: SIGNATURE_TYPE,
      subject,
      annotations: { by: "us" },
    });
    const image = await putManifest(repository, { subject });

    const referrers = await open().openRepository("library/redis").listReferrers(subject.digest);

    const expected = [
      { ...signature, artifactType: SIGNATURE_TYPE, annotations: { by: "us" } },
      { ...image, artifactType: MEDIA_TYPES.ociConfig },
    ];
    expect(referrers).toEqual(expected.sort((a, b) => (a.digest < b.digest ? -1 : 1)));
  });

  test("listReferrers() knows the referrers of what is not there, under sha512 too", async () => {
    const digest = `sha512:${"a".repeat(128)}`;
    const subject: Descriptor = { mediaType: MEDIA_TYPES.ociManifest, digest, size: 1 };
    const index = await putManifest(repository, { subject, manifests: [], mediaType: MEDIA_TYPES.ociIndex });

    expect(await repository.listReferrers(digest)).toEqual([index]);
  });

  test("listReferrers() tells nothing of deleted manifests, of other repositories, of what is no digest", async () => {
    const subject = await putManifest(repository, {}, "7.2");
    const signature = await putManifest(repository, { artifactType: SIGNATURE_TYPE, subject });

    await repository.deleteManifest(signature.digest);

    expect(await repository.listReferrers(subject.digest)).toEqual([]);
    expect(await open().openRepository("library").listReferrers(subject.digest)).toEqual([]);
    expect(await repository.listReferrers("../_tags")).toEqual([]);
  });
});

async function putConfig(repository: StoreRepository): Promise<Descriptor> {
  const content = Buffer.from(`{"os":"linux"}`);
  const config = { mediaType: MEDIA_TYPES.ociConfig, digest: digestOf(content), size: content.length };
  await repository.putBlob(config, () => contentOf(content));
  return config;
}

/** What a test says of its manifest; the rest is an image's without layers, or with `manifests` an index's. */
interface Fields {
  readonly mediaType?: string;
  readonly manifests?: readonly [];
  readonly subject?: Descriptor;
  readonly artifactType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

async function putManifest(repository: StoreRepository, fields: Fields, tag?: string): Promise<Descriptor> {
  const { mediaType = MEDIA_TYPES.ociManifest, manifests } = fields;
  const image = manifests === undefined ? { config: await putConfig(repository), layers: [] } : {};
  const content = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, ...image, ...fields }));
  const descriptor = { mediaType, digest: digestOf(content), size: content.length };
  await repository.putManifest(descriptor, content, tag === undefined ? {} : { tag });
  return descriptor;
}
