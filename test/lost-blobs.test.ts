import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createMemoryStore, importBundle, openBundle, planImport } from "@airgap-bundle/core";
import { openRegistry, serveRegistry } from "@airgap-bundle/registry";
import { expect, onTestFinished, test } from "vitest";
import { alterStore } from "./support/alter-store.ts";
import { type NamedImages, writeBundle } from "./support/bundles.ts";
import { makeImage } from "./support/images.ts";

const SHARED = "layer that both have";
const APP = makeImage([SHARED, "app"]);
const BASE = makeImage([SHARED]);
const IMAGES: NamedImages = [
  ["r.io/app:1", APP],
  ["r.io/base:1", BASE],
];

test("row 67: what a registry only seems to mount is sent when its absence shows, and the image is pushed", async () => {
  const directory = await mkdtemp(join(tmpdir(), "lost-"));
  const store = createMemoryStore();
  const served = await serveRegistry(store, { quirks: { uploads: { mountStatus: 201 } } });
  const registry = openRegistry(served.host, { userAgent: "test/1" });
  await writeBundle(join(directory, "out.tar"), IMAGES);
  const bundle = await openBundle(join(directory, "out.tar"));

  const { images, blobs } = await importBundle(bundle, planImport(bundle.document, { to: served.host }), {
    openRepository: ({ target }) => registry.openRepository(target.repository),
    jobs: 2,
  });

  expect(images.map(({ status }) => status)).toEqual(["pushed", "pushed"]);
  expect(blobs).toMatchObject({ mounted: 1 });
  for (const [name, image] of [["app", APP] as const, ["base", BASE] as const]) {
    expect(await store.openRepository(name).resolve("1")).toEqual(image.descriptor);
    for (const { descriptor } of image.blobs)
      expect(await store.openRepository(name).statBlob(descriptor.digest)).toEqual({ size: descriptor.size });
  }
  await bundle.close();
  await registry.close();
  await served.close();
  await rm(directory, { recursive: true });
});

test.each([
  ["is sent once more", 1, { status: "pushed" }],
  [
    "fails its image, if it is lost again",
    Number.POSITIVE_INFINITY,
    { status: "failed", code: "MANIFEST_BLOB_UNKNOWN" },
  ],
])("row 59: what a registry says it has stored, and has not, %s", async (_what, losses, expected) => {
  const directory = await mkdtemp(join(tmpdir(), "lost-"));
  onTestFinished(async () => await rm(directory, { recursive: true }));
  const [, layer] = BASE.blobs;
  let left = losses;
  const store = alterStore(createMemoryStore(), ({ finishUpload, cancelUpload }) => ({
    finishUpload: async (id, digest) => {
      if (digest !== layer?.descriptor.digest || left-- <= 0) await finishUpload(id, digest);
      else await cancelUpload(id);
    },
  }));
  const served = await serveRegistry(store);
  onTestFinished(async () => await served.close());
  const registry = openRegistry(served.host, { userAgent: "test/1" });
  onTestFinished(async () => await registry.close());
  await writeBundle(join(directory, "out.tar"), [["r.io/base:1", BASE]]);
  const bundle = await openBundle(join(directory, "out.tar"));
  onTestFinished(async () => await bundle.close());

  const { images } = await importBundle(bundle, planImport(bundle.document, { to: served.host }), {
    openRepository: ({ target }) => registry.openRepository(target.repository),
    jobs: 2,
  });

  expect(images).toMatchObject([expected]);
});
