import { expect, test } from "vitest";
import { digestOf } from "../hash.ts";
import type { BundleDocument } from "./document.ts";
import { blobPath, formatVolume, listEntries, placeEntries, sizeOfTar } from "./layout.ts";

const ID = digestOf("bundle.json");
const SHA512 = `sha512:${"ab".repeat(64)}`;

function documentOf(fields: Partial<BundleDocument> = {}): BundleDocument {
  return {
    formatVersion: 1,
    requires: [],
    createdBy: "test",
    index: { mediaType: "x/y", digest: digestOf("index"), size: 100 },
    images: [],
    blobs: [],
    volumes: [{ number: 1, size: 0 }],
    ...fields,
  };
}

test("listEntries() puts the fixed files first and the blobs in their order behind", () => {
  const dockerManifest = { mediaType: "application/json", digest: digestOf("docker"), size: 7 };
  const blobs = [
    { digest: digestOf("b"), size: 3, volume: 0 },
    { digest: digestOf("a"), size: 2, volume: 1 },
  ];

  const entries = listEntries(documentOf({ dockerManifest, blobs }), ID, 1234);

  expect(entries).toEqual([
    { name: "oci-layout", size: 30 },
    { name: "index.json", size: 100 },
    { name: "bundle.json", size: 1234 },
    { name: "volume.json", size: formatVolume(ID).length },
    { name: "manifest.json", size: 7 },
    { name: blobPath(digestOf("b")), size: 3 },
    { name: blobPath(digestOf("a")), size: 2 },
  ]);
});

test("listEntries() has no manifest.json where the bundle has none", () => {
  const names = listEntries(documentOf(), ID, 1).map(({ name }) => name);

  expect(names).toEqual(["oci-layout", "index.json", "bundle.json", "volume.json"]);
});

test("placeEntries() puts each behind the other, on whole blocks", () => {
  const entries = [
    { name: "a", size: 1 },
    { name: "b", size: 512 },
    { name: "c", size: 0 },
    { name: blobPath(SHA512), size: 513 },
  ];

  const placed = placeEntries(entries);

  expect(placed.map(({ headerOffset, offset, end }) => [headerOffset, offset, end])).toEqual([
    [0, 512, 1024],
    [1024, 1536, 2048],
    [2048, 2560, 2560],
    [2560, 2560 + 1536, 2560 + 1536 + 1024],
  ]);
  expect(sizeOfTar(placed)).toBe(2560 + 1536 + 1024 + 1024);
});

test("placeEntries() goes on exactly behind a blob of many gigabytes", () => {
  const size = 900 * 2 ** 30 + 1;

  const [, second] = placeEntries([
    { name: "a", size },
    { name: "b", size: 0 },
  ]);

  expect(second?.headerOffset).toBe(512 + size + 511);
});

test("sizeOfTar() of nothing is the end of the archive", () => {
  expect(sizeOfTar([])).toBe(1024);
});

test("blobPath() is the image layout's path and leaves no directory", () => {
  expect(blobPath(SHA512)).toBe(`blobs/sha512/${"ab".repeat(64)}`);
  expect(() => blobPath("sha256:../../etc/passwd")).toThrow(
    expect.objectContaining({ code: "DIGEST_INVALID" }),
  );
});

test("formatVolume() names the bundle", () => {
  expect(formatVolume(ID)).toBe(`{"bundle":"${ID}","volume":1,"count":1}`);
});
