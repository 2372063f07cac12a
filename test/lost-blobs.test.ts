import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createMemoryStore, importBundle, openBundle, planImport } from "@airgap-bundle/core";
import { openRegistry, serveRegistry } from "@airgap-bundle/registry";
import { expect, test } from "vitest";
import { type NamedImages, writeBundle } from "./support/bundles.ts";
import { makeImage } from "./support/images.ts";

const SHARED = "layer that both have";
const APP = makeImage([SHARED, "app"]);
const BASE = makeImage([SHARED]);
const IMAGES: NamedImages = [
  ["r.io/app:1", APP],
  ["r.io/base:1", BASE],
];

test("what a registry only seems to mount is sent when its absence shows, and the image is pushed", async () => {
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
