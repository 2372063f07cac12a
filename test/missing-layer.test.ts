import { readdir, readFile, writeFile } from "node:fs/promises";
import { contentOf, createMemoryStore, digestOf } from "@airgap-bundle/core";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createLayer, type Layer } from "./fleet/layer.ts";
import { pushImage } from "./fleet/push-content.ts";
import { seededBytes } from "./fleet/seeded-bytes.ts";
import { alterStore } from "./support/alter-store.ts";
import { ErrorDocument, ExportDocument, readDocument } from "./support/documents.ts";
import type { BundleRun } from "./support/run-bundle.ts";
import { openSite, type Site } from "./support/site.ts";
import { openTestRegistry, type TestRegistry } from "./support/test-registry.ts";

/**
 * Layers of three images, some of them shared: without one image those of the others come in another order, since
 * layers lie in a bundle in the order of their first use.
 */
const IMAGES = {
  a: ["shared-1", "own-a", "shared-2"],
  b: ["shared-2", "own-b", "shared-1"],
  c: ["own-c", "shared-2", "shared-3"],
  d: ["shared-3", "own-d"],
} as const;

/** Sizes differ, so that what moves lies over what was there. */
const SIZES = {
  "shared-1": 300_000,
  "shared-2": 9_000,
  "shared-3": 120_000,
  "own-a": 70_000,
  "own-b": 1_000,
  "own-c": 50_000,
  "own-d": 4_000,
} as const;

type LayerName = keyof typeof SIZES;

const LAYERS = new Map(
  Object.entries(SIZES).map(([name, size]) => [name, createLayer("content", seededBytes(name, size))]),
);

/** What the registry cannot give, or gives wrong. */
const missing = new Set<string>();
const rotten = new Set<string>();

let site: Site;
let source: TestRegistry;

beforeEach(async () => {
  missing.clear();
  rotten.clear();
  const store = createMemoryStore();
  for (const [tag, layers] of Object.entries(IMAGES)) {
    await pushImage(store.openRepository("lib/app"), {
      flavour: "oci",
      platform: { os: "linux", architecture: "amd64" },
      layers: layers.map(layerOf),
      tag,
    });
  }
  site = await openSite();
  source = await openTestRegistry({
    store: alterStore(store, (repository) => ({
      statBlob: async (digest, options) =>
        missing.has(digest) ? undefined : await repository.statBlob(digest, options),
      openBlob: (descriptor, options) =>
        rotten.has(descriptor.digest)
          ? contentOf(Buffer.alloc(descriptor.size, "rotten"))
          : repository.openBlob(descriptor, options),
    })),
  });
});

afterEach(async () => {
  await source.close();
  await site.close();
});

/** What has arrived of images that failed, for the next run. */
const UNFINISHED = ["out.tar.partial", "out.tar.partial.journal"];

test.each<[string, readonly LayerName[], string, string, readonly string[]]>([
  ["the first image", ["own-a"], "a", "bcd", []],
  ["one in the middle", ["own-b"], "b", "acd", []],
  ["the last image", ["own-d"], "d", "abc", []],
  ["the first and another", ["own-a", "own-c"], "ac", "bd", []],
  ["two that share the layer", ["shared-3"], "cd", "ab", UNFINISHED],
  ["all but one", ["shared-2"], "abc", "d", UNFINISHED],
])("the bundle is that of a selection without what failed: %s", async (_, layers, failing, rest, kept) => {
  for (const name of layers) missing.add(digestOfLayer(name));

  const run = await exportTags("abcd", "out.tar");

  const document = readDocument(run, ExportDocument);
  expect(run.exitCode).toBe(1);
  expect(document.images).toBe(rest.length);
  expect(document.partial).toBe(kept[0]);
  expect(document.failed).toEqual(
    [...failing].map((tag) =>
      expect.objectContaining({ source: `${source.host}/lib/app:${tag}`, code: "BLOB_UNKNOWN" }),
    ),
  );
  missing.clear();
  expect((await exportTags(rest, "rest.tar")).exitCode).toBe(0);
  expect(digestOf(await readFile(site.path("out.tar")))).toBe(
    digestOf(await readFile(site.path("rest.tar"))),
  );
  expect((await readdir(site.directory)).sort()).toEqual(
    ["cache", "out.tar", ...kept, "rest.tar", "abcd.yaml", `${rest}.yaml`].sort(),
  );
});

test("--fail-fast ends with the first failure, and with no more than can be gone on with", async () => {
  missing.add(digestOfLayer("own-b"));

  const run = await exportTags("abcd", "out.tar", "--fail-fast");

  expect(run.exitCode).toBe(1);
  expect(readDocument(run, ErrorDocument).error.code).toBe("BLOB_UNKNOWN");
  expect((await readdir(site.directory)).sort()).toEqual(["abcd.yaml", "cache", ...UNFINISHED]);
});

test("a pipe cannot take back what it has: the bundle ends where the layer is missing, and is refused", async () => {
  missing.add(digestOfLayer("own-b"));

  const run = await exportTags("abcd", "-", "--quiet");

  expect(run.exitCode).toBe(1);
  expect(ErrorDocument.parse(JSON.parse(run.stderr.slice(run.stderr.indexOf("{")))).error.code).toBe(
    "BLOB_UNKNOWN",
  );
  await writeFile(site.path("piped.tar"), run.stdout);
  expect((await site.run(["import", "piped.tar", "--to", "127.0.0.1:1"])).exitCode).toBe(3);
});

test("there is no bundle if every image failed", async () => {
  for (const name of ["shared-2", "shared-3"] as const) missing.add(digestOfLayer(name));

  const run = await exportTags("abcd", "out.tar");

  expect(run.exitCode).toBe(1);
  expect(readDocument(run, ExportDocument)).toMatchObject({
    bundle: null,
    partial: "out.tar.partial",
    images: 0,
  });
  expect((await readdir(site.directory)).sort()).toEqual(["abcd.yaml", "cache", ...UNFINISHED]);
});

test("a layer with wrong bytes fails its image, and none of them is in the bundle", async () => {
  rotten.add(digestOfLayer("own-a"));

  const run = await exportTags("abcd", "out.tar");

  expect(run.exitCode).toBe(3);
  expect(readDocument(run, ExportDocument).failed).toEqual([
    expect.objectContaining({ source: `${source.host}/lib/app:a`, code: "DIGEST_INVALID" }),
  ]);
  expect((await readFile(site.path("out.tar"))).includes("rotten")).toBe(false);
  expect((await site.run(["verify", "out.tar"])).exitCode).toBe(0);
});

async function exportTags(tags: string, output: string, ...flags: readonly string[]): Promise<BundleRun> {
  const mappings = [{ from: "lib/app", tags: [...tags] }];
  await site.select(`${tags}.yaml`, { registry: source.host, mappings });
  return await site.run(["export", "-c", `${tags}.yaml`, "-o", output, "--json", ...flags]);
}

function layerOf(name: LayerName): Layer {
  const layer = LAYERS.get(name);
  if (layer === undefined) throw new RangeError(`Cannot find layer ${name}`);
  return layer;
}

function digestOfLayer(name: LayerName): string {
  return digestOf(layerOf(name).content);
}
