import { randomBytes } from "node:crypto";
import { mkdtemp, open, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { writeBundle } from "../../../../test/support/bundles.ts";
import { makeImage } from "../../../../test/support/images.ts";
import { readTar } from "../../../../test/support/tar.ts";
import { readAll } from "../content.ts";
import { isBundleError } from "../error.ts";
import { digestOf } from "../hash.ts";
import { OCI_LAYOUT } from "./layout.ts";
import { type OpenedBundle, openBundle } from "./open-bundle.ts";
import { encodeTarHeader, roundUpToBlock, TAR_END_SIZE } from "./tar-header.ts";
import { verifyBundle } from "./verify-bundle.ts";

const LAYER = "layer".repeat(500_000);
const IMAGE = makeImage([LAYER, "second"]);
const [, FIRST_LAYER] = IMAGE.blobs;
const GIB = 2 ** 30;

let directory: string;
let sound: Buffer;
let path: string;
let bundle: OpenedBundle | undefined;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "open-"));
  path = join(directory, "out.tar");
  await writeBundle(path, [["redis:7", IMAGE]]);
  sound = await readFile(path);
});

afterAll(async () => {
  await rm(directory, { recursive: true, force: true });
});

beforeEach(async () => {
  await writeFile(path, sound);
});

afterEach(async () => {
  await bundle?.close();
  bundle = undefined;
});

type Document = Record<string, unknown>;

/** A volume that is nothing but its first three files: enough to be told what it pretends to be. */
function headOf(document: string): Buffer {
  const files = [
    ["oci-layout", OCI_LAYOUT],
    ["index.json", "{}"],
    ["bundle.json", document],
  ] as const;
  const entries = files.flatMap(([name, content]) => {
    const padded = Buffer.alloc(roundUpToBlock(Buffer.byteLength(content)));
    padded.write(content);
    return [encodeTarHeader(name, Buffer.byteLength(content)), padded];
  });
  return Buffer.concat([...entries, Buffer.alloc(TAR_END_SIZE)]);
}

/** The sound bundle's document with these fields. */
async function changedDocument(change: Document): Promise<string> {
  const files = await readTar(sound);
  const text = files.find(({ name }) => name === "bundle.json")?.content.toString() ?? "";
  return JSON.stringify({ ...(JSON.parse(text) as Document), ...change });
}

async function expectBoth(expected: object): Promise<void> {
  await expect(openBundle(path)).rejects.toMatchObject(expected);
  await expect(verifyBundle(path)).rejects.toMatchObject(expected);
}

test("openBundle() reads what the bundle holds, and its manifests", async () => {
  bundle = await openBundle(path);

  expect(bundle.id).toBe(digestOf(JSON.stringify(bundle.document)));
  expect(bundle.document.images).toMatchObject([{ source: "docker.io/library/redis:7" }]);
  expect(bundle.manifests.get(IMAGE.descriptor.digest)).toMatchObject({ kind: "image" });
  expect(bundle.has(FIRST_LAYER?.descriptor.digest ?? "")).toBe(true);
  expect(bundle.has(digestOf("absent"))).toBe(false);
});

test.each([0, 1, 1_500_000, LAYER.length])(
  "openBlob() gives a blob's bytes from offset %i",
  async (offset) => {
    bundle = await openBundle(path);
    const descriptor = FIRST_LAYER?.descriptor ?? IMAGE.descriptor;

    const content = await readAll(bundle.openBlob(descriptor, { offset }), LAYER.length);

    expect(Buffer.from(content).toString()).toBe(LAYER.slice(offset));
  },
);

test("openBlob() refuses a blob that the bundle does not carry, and stops when told to", async () => {
  bundle = await openBundle(path);
  const absent = { ...IMAGE.descriptor, digest: digestOf("absent") };
  const signal = AbortSignal.abort(new Error("enough"));

  await expect(Array.fromAsync(bundle.openBlob(absent))).rejects.toMatchObject({ code: "BLOB_UNKNOWN" });
  await expect(Array.fromAsync(bundle.openBlob(IMAGE.descriptor, { signal }))).rejects.toThrow("enough");
});

test("openBundle() says that there is no such file", async () => {
  path = join(directory, "none.tar");

  await expectBoth({ code: "USAGE", message: expect.stringContaining("no such file") });

  path = join(directory, "out.tar");
});

test("openBundle() cannot read a directory", async () => {
  await expect(openBundle(directory)).rejects.toMatchObject({ code: "USAGE" });
  await expect(verifyBundle(directory)).rejects.toMatchObject({ code: "USAGE" });
});

describe("openBundle() and verifyBundle() refuse", () => {
  test.each([
    ["an empty file", Buffer.alloc(0), /it has 0 bytes/],
    ["a file of 511 bytes", Buffer.alloc(511), /it has 511 bytes/],
    ["zeros", Buffer.alloc(4096), /does not begin as one/],
    ["a compressed one", gzipSync(randomBytes(4096)), /it is compressed: .* with gunzip/],
    ["text", Buffer.from("#!/bin/sh\n".repeat(100)), /does not begin as one/],
    ["a tar of something else", encodeTarHeader("etc/passwd", 30), /begins with "etc\/passwd"/],
    ["oci-layout of another size", encodeTarHeader("oci-layout", 31), /not a bundle/],
    ["nothing behind oci-layout", encodeTarHeader("oci-layout", 30), /ends at byte 1024/],
    ["another second file", tarHeads(["oci-layout", 30], ["blobs/x", 0]), /index.json/],
    ["another third file", tarHeads(["oci-layout", 30], ["index.json", 0], ["x", 0]), /bundle.json/],
    ["a huge index.json", tarHeads(["oci-layout", 30], ["index.json", 5 * GIB]), /larger than/],
    [
      "a huge bundle.json",
      tarHeads(["oci-layout", 30], ["index.json", 0], ["bundle.json", 5 * GIB]),
      /larger than/,
    ],
    ["no JSON", headOf("<html>"), /not JSON/],
    [
      "bytes that are not UTF-8",
      Buffer.from(headOf("{}??").toString("latin1").replace("??", "\xff\xff"), "latin1"),
      /not JSON/,
    ],
    ["an array", headOf("[]"), /document|formatVersion/],
    ["null", headOf("null"), /document|formatVersion/],
    ["no version", headOf("{}"), /formatVersion/],
    ["version 0", headOf(`{"formatVersion":0,"requires":[]}`), /formatVersion/],
    ["a version as text", headOf(`{"formatVersion":"1","requires":[]}`), /formatVersion/],
    ["no images", headOf(`{"formatVersion":1,"requires":[]}`), /bundle.json: \w+/],
  ])("%s", async (_what, content, message) => {
    await writeFile(path, content);

    await expectBoth({ code: "BUNDLE_INVALID", message: expect.stringMatching(message) });
  });

  test.each([
    ["a newer format, whatever else it says", { formatVersion: 2, images: "elsewhere" }, /version 2/],
    ["a requirement", { requires: ["deltas"] }, /requires "deltas"/],
    [
      "several volumes",
      {
        volumes: [
          { number: 1, size: 0 },
          { number: 2, size: 0 },
        ],
      },
      /2 volumes/,
    ],
    ["no volume", { volumes: [] }, /0 volumes/],
  ])("%s, as what they do not know", async (_what, change, message) => {
    await writeFile(path, headOf(await changedDocument(change)));

    await expectBoth({
      code: "BUNDLE_UNSUPPORTED",
      message: expect.stringMatching(message),
      hint: expect.any(String),
    });
  });

  const blob = { digest: digestOf("blob"), size: 4, volume: 1 };
  const file = { mediaType: "x/y", digest: digestOf("file"), size: 4 };
  test.each([
    ["a blob twice", { blobs: [blob, blob] }, /twice/],
    [
      "a digest that is a path",
      { blobs: [{ ...blob, digest: "sha256:../../../etc/passwd" }] },
      /blobs.0.digest/,
    ],
    ["a negative size", { blobs: [{ ...blob, size: -1 }] }, /blobs.0.size/],
    ["a size that cannot be counted", { blobs: [{ ...blob, size: 2 ** 53 }] }, /blobs.0.size/],
    ["a negative volume", { blobs: [{ ...blob, volume: -1 }] }, /blobs.0.volume/],
    ["an index.json that fills the memory", { index: { ...file, size: 5 * GIB } }, /index.size/],
    [
      "a manifest.json that fills the memory",
      { dockerManifest: { ...file, size: 5 * GIB } },
      /dockerManifest.size/,
    ],
    [
      "a repository that is a path",
      { images: [imageTo({ repository: "../x" })] },
      /images.0.target.repository/,
    ],
    ["a tag that is a path", { images: [imageTo({ tag: "../x" })] }, /images.0.target.tag/],
    ["a label that is none", { label: 5 }, /label/],
  ])("%s", async (_what, change, message) => {
    await writeFile(path, headOf(await changedDocument(change)));

    await expectBoth({ code: "BUNDLE_INVALID", message: expect.stringMatching(message) });
  });

  test("blobs of more bytes than there are", async () => {
    const blobs = Array.from({ length: 50 }, (_, number) => ({
      digest: digestOf(`${number}`),
      size: 2 ** 53 - 1,
      volume: 1,
    }));
    await writeFile(path, headOf(await changedDocument({ blobs })));

    await expect(openBundle(path)).rejects.toMatchObject({
      code: "BUNDLE_INVALID",
      message: expect.stringContaining("cut short"),
    });
    expect((await verifyBundle(path)).problems).toMatchObject([{ kind: "length" }]);
  });
});

test("openBundle() refuses a bundle that ends anywhere too early, and verifyBundle() tells it", async () => {
  const around = [
    512,
    1024,
    1536,
    2048,
    3000,
    sound.length - TAR_END_SIZE,
    sound.length - 512,
    sound.length - 1,
  ];
  const spread = Array.from({ length: 60 }, (_, step) => Math.floor((sound.length * step) / 60));

  for (const length of [...around, ...spread].sort((a, b) => b - a)) {
    await truncate(path, length);
    await expect(openBundle(path), `${length} bytes`).rejects.toMatchObject({ code: "BUNDLE_INVALID" });
    const report = await verifyBundle(path).catch((error: unknown) => error);
    const isTold = isBundleError(report, "BUNDLE_INVALID") || Object(report).problems?.[0]?.kind === "length";
    expect(isTold, `${length} bytes`).toBe(true);
  }
});

test("openBundle() refuses a byte changed anywhere before the layers", async () => {
  const end = sound.indexOf(LAYER.slice(0, 1000)) - 512;
  const file = await open(path, "r+");

  for (let offset = 0; offset < end; offset += 7) {
    const [byte = 0] = sound.subarray(offset);
    await file.write(Buffer.of(byte ^ 0x10), 0, 1, offset);
    await expect(openBundle(path), `byte ${offset}`).rejects.toMatchObject({ name: "BundleError" });
    await file.write(Buffer.of(byte), 0, 1, offset);
  }
  await file.close();

  bundle = await openBundle(path);
});

/** Headers with empty blocks behind: what a reader sees of files that are all zeros. */
function tarHeads(...files: readonly (readonly [name: string, size: number])[]): Buffer {
  return Buffer.concat(
    files.flatMap(([name, size]) => [
      encodeTarHeader(name, size),
      Buffer.alloc(size > GIB ? 0 : roundUpToBlock(size)),
    ]),
  );
}

function imageTo(target: object): object {
  return {
    source: "r.io/app:1",
    target: { registry: null, repository: "app", tag: null, ...target },
    resolved: digestOf("image"),
    descriptor: { mediaType: "x/y", digest: digestOf("image"), size: 5 },
    platforms: [],
    task: "",
    selectedBy: "",
    referrers: [],
  };
}
