import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import {
  contentsOf,
  type MadeManifest,
  makeImage,
  makeIndex,
  planOf,
} from "../../../../test/support/images.ts";
import { contentOf } from "../content.ts";
import type { Descriptor } from "../descriptor.ts";
import { type BundleFile, createBundleFile } from "./bundle-file.ts";
import { type ComposedBundle, composeBundle, type PlacedBlob } from "./compose-bundle.ts";
import { encodeTarHeader } from "./tar-header.ts";

const REDIS = makeImage(["base".repeat(500), "redis"]);
const NGINX = makeImage(["nginx".repeat(300), "x"]);
const INDEX = makeIndex([REDIS, makeImage(["arm"], "linux/arm64")]);
const CONTENTS = contentsOf([INDEX, NGINX]);

let directory: string;
let path: string;
let file: BundleFile;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "bundle-"));
  path = join(directory, "out.tar");
});

afterEach(async () => {
  await file.close();
  await rm(directory, { recursive: true, force: true });
});

function compose(...images: readonly (readonly [string, MadeManifest])[]): ComposedBundle {
  const plan = planOf(images);
  return composeBundle(plan.images, plan.manifests, { createdBy: "test" });
}

function contentOfBlob({ digest }: Descriptor): Buffer {
  return CONTENTS.get(digest) ?? Buffer.alloc(0);
}

async function writeLayers(layers: readonly PlacedBlob[]): Promise<void> {
  for (const layer of layers) {
    const sink = await file.openLayer(layer);
    await sink.append(contentOf(contentOfBlob(layer.descriptor).subarray(sink.position())), "registry");
    await sink.finish("registry");
  }
}

/** The whole volume, made in memory. */
function layOut(bundle: ComposedBundle): Buffer {
  const volume = Buffer.alloc(bundle.size);
  for (const entry of [...bundle.files, ...bundle.metadata, ...bundle.layers]) {
    encodeTarHeader(entry.name, entry.size).copy(volume, entry.headerOffset);
    const content = "content" in entry ? Buffer.from(entry.content) : contentOfBlob(entry.descriptor);
    content.copy(volume, entry.offset);
  }
  return volume;
}

const readMetadata = async (descriptor: Descriptor): Promise<Uint8Array> => contentOfBlob(descriptor);

test("createBundleFile() writes a bundle whose layers come in any order", async () => {
  const bundle = compose(["redis:7", INDEX], ["nginx:1", NGINX]);
  file = await createBundleFile(path, bundle);

  await writeLayers(bundle.layers.toReversed());
  await file.finish(bundle, readMetadata);

  expect((await readFile(path)).equals(layOut(bundle))).toBe(true);
  expect(await readdir(directory)).toEqual(["out.tar"]);
});

test("a bundle has a temporary name until it is finished", async () => {
  await writeFile(path, "an older file");
  const bundle = compose(["redis:7", REDIS]);
  file = await createBundleFile(path, bundle);

  await writeLayers(bundle.layers);

  expect((await readdir(directory)).sort()).toEqual([
    "out.tar",
    "out.tar.partial",
    "out.tar.partial.journal",
  ]);
  expect(await readFile(path, "utf8")).toBe("an older file");
});

test.each([
  ["the first image is left out", [["redis:7", INDEX]]],
  ["the last image is left out", [["nginx:1", NGINX]]],
] as const)("moveLayers() gives the bundle of the rest where %s", async (_what, rest) => {
  const planned = compose(["redis:7", INDEX], ["nginx:1", NGINX]);
  const bundle = compose(...rest);
  file = await createBundleFile(path, planned);
  await writeLayers(planned.layers);

  await file.moveLayers(bundle);
  await file.finish(bundle, readMetadata);

  expect((await readFile(path)).equals(layOut(bundle))).toBe(true);
});

test("a layer's sink refuses wrong content, and takes the right one at the next attempt", async () => {
  const bundle = compose(["redis:7", REDIS]);
  file = await createBundleFile(path, bundle);
  const [layer, ...others] = bundle.layers;
  if (layer === undefined) throw new RangeError("there is no layer");

  const sink = await file.openLayer(layer);
  await sink.append(contentOf(Buffer.alloc(layer.size)), "r.io/redis");

  await expect(sink.finish("r.io/redis")).rejects.toMatchObject({
    code: "DIGEST_INVALID",
    message: expect.stringContaining("from r.io/redis"),
  });
  expect(sink.position()).toBe(0);
  await sink.append(contentOf(Buffer.alloc(1)), "r.io");
  await expect(sink.finish("r.io")).rejects.toMatchObject({ code: "SIZE_INVALID" });
  const more = contentOf(Buffer.alloc(layer.size));
  await expect(sink.append(more, "r.io")).rejects.toMatchObject({ code: "SIZE_INVALID" });
  await writeLayers([layer, ...others]);
  await file.finish(bundle, readMetadata);
  expect((await readFile(path)).equals(layOut(bundle))).toBe(true);
});

test("close() keeps what was written, and leaves a finished bundle", async () => {
  const bundle = compose(["redis:7", REDIS]);
  file = await createBundleFile(path, bundle);
  await writeLayers(bundle.layers);
  await file.close();
  expect((await readdir(directory)).sort()).toEqual(["out.tar.partial", "out.tar.partial.journal"]);
  file = await createBundleFile(path, bundle);
  await file.finish(bundle, readMetadata);

  await file.close();

  expect(await readdir(directory)).toEqual(["out.tar"]);
  expect((await readFile(path)).equals(layOut(bundle))).toBe(true);
});

test("finish() does not mind a directory that it may not read", async () => {
  await chmod(directory, 0o711);
  const drop = join(directory, "drop");
  await mkdir(drop);
  await chmod(drop, 0o333);
  // Root may read everything.
  const user = process.geteuid?.();
  if (user === 0) process.seteuid?.(65534);
  try {
    const bundle = compose(["redis:7", REDIS]);
    file = await createBundleFile(join(drop, "out.tar"), bundle);
    await writeLayers(bundle.layers);
    await file.finish(bundle, readMetadata);
  } finally {
    if (user === 0) process.seteuid?.(0);
    await chmod(drop, 0o700);
  }

  expect(await readdir(drop)).toEqual(["out.tar"]);
});

test("finish() that cannot read metadata gives the file no name", async () => {
  const bundle = compose(["redis:7", REDIS]);
  file = await createBundleFile(path, bundle);
  const failure = new Error("no longer there");

  const finished = file.finish(bundle, async () => {
    throw failure;
  });

  await expect(finished).rejects.toBe(failure);
  await file.close();
  expect(await readdir(directory)).toEqual([]);
});

test("row 103: createBundleFile() refuses what the file system has no room for", async () => {
  const huge = { ...compose(["redis:7", REDIS]), size: Number.MAX_SAFE_INTEGER };

  await expect(createBundleFile(path, huge)).rejects.toMatchObject({
    code: "NO_SPACE",
    message: expect.stringMatching(/needs 9007199254740991 bytes more and \d+ are free/),
  });
  expect(await readdir(directory)).toEqual([]);
});

test("createBundleFile() fails where there is no such directory", async () => {
  await expect(
    createBundleFile(join(directory, "none", "out.tar"), compose(["redis:7", REDIS])),
  ).rejects.toMatchObject({
    code: "FILE_FAILED",
  });
});
