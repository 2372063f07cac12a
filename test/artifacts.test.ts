import { afterEach, beforeEach, expect, test } from "vitest";
import { ExportDocument, ImportDocument, readDocument } from "./support/documents.ts";
import { type MadeManifest, makeBlob, makeImage, putManifest } from "./support/images.ts";
import { openSite, type Site } from "./support/site.ts";
import { openTestRegistry, type TestRegistry } from "./support/test-registry.ts";

/** An image whose layers nothing here could read. */
function makeOpaqueImage(): MadeManifest {
  const plain = makeImage([]);
  const layers = [
    makeBlob("zstd", "application/vnd.oci.image.layer.v1.tar+zstd"),
    makeBlob("encrypted", "application/vnd.oci.image.layer.v1.tar+gzip+encrypted"),
    makeBlob("x".repeat(1000), "application/x.of-nobody"),
    makeBlob(""),
  ];
  const image = makeImage([], "linux/amd64", { layers: layers.map(({ descriptor }) => descriptor) });
  return { ...image, blobs: [...plain.blobs, ...layers] };
}

/** An artifact of the newest image-spec. */
const BARE = makeImage([], "linux/amd64", { config: undefined, artifactType: "application/x.of-nobody" });

const IMAGES: readonly (readonly [tag: string, root: MadeManifest])[] = [
  ["bare", BARE],
  ["opaque", makeOpaqueImage()],
];

let site: Site;
let source: TestRegistry;
let target: TestRegistry;

beforeEach(async () => {
  [site, source, target] = await Promise.all([openSite(), openTestRegistry(), openTestRegistry()]);
  for (const [tag, root] of IMAGES) await putManifest(source.store.openRepository("app"), root, tag);
});

afterEach(async () => {
  for (const one of [site, source, target]) await one.close();
});

test("artifacts without a config and layers of any type and size are carried as they are", async () => {
  const mappings = [{ from: "app", to: "app", tags: IMAGES.map(([tag]) => tag) }];
  await site.select("selection.yaml", { registry: source.host, target: target.host, mappings });

  const exported = await site.run(["export", "-c", "selection.yaml", "-o", "out.tar", "--json"]);
  const imported = await site.run(["import", "out.tar", "--json"]);

  expect(readDocument(exported, ExportDocument)).toMatchObject({ images: 2, failed: [] });
  expect(readDocument(imported, ImportDocument).images).toMatchObject(
    IMAGES.map(([, { descriptor }]) => ({ digest: descriptor.digest, status: "pushed" })),
  );
});
