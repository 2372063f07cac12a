import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createRegistries, type NamedImages } from "../../../../test/support/bundles.ts";
import {
  type MadeManifest,
  makeBlob,
  makeImage,
  makeIndex,
  planOf,
} from "../../../../test/support/images.ts";
import { BundleError } from "../error.ts";
import { openMetadataCache } from "../metadata-cache.ts";
import { type ChosenImages, chooseImages } from "./choose-images.ts";
import { createManifestFetcher } from "./manifest-fetcher.ts";
import { MAX_INDEX_DEPTH } from "./manifest-graph.ts";

const AMD64 = makeImage(["amd64"]);
const ARM64 = makeImage(["arm64"], "linux/arm64");
const NGINX = makeImage(["nginx"]);
const UNAVAILABLE = new BundleError("UNAVAILABLE", "Cannot read it");

let directory: string;
/** Digests of the manifests that were read at a source. */
let read: string[];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "choose-"));
  read = [];
});

afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

/** What cannot be read: a manifest, and all of a repository. */
interface Trouble {
  readonly broken?: MadeManifest;
  readonly down?: string;
  /** The image of the other repository. @default the sound one */
  readonly other?: MadeManifest;
}

/** Chooses in `app:1`, beside a sound image, for these platforms. */
async function choose(
  root: MadeManifest,
  platforms: readonly string[],
  { broken, down, other = NGINX }: Trouble = {},
): Promise<ChosenImages> {
  const images: NamedImages = [
    ["r.io/app:1", root],
    ["r.io/nginx:1", other],
  ];
  const registries = await createRegistries(images);
  const fetcher = createManifestFetcher({
    openSource: (name) => ({
      ...registries.openRepository(name),
      readManifest: async (descriptor) => {
        read.push(descriptor.digest);
        if (descriptor.digest === broken?.descriptor.digest || name.repository === down) throw UNAVAILABLE;
        return await registries.openRepository(name).readManifest(descriptor);
      },
    }),
    cache: openMetadataCache(directory),
    pullLimit: () => undefined,
    jobs: 2,
  });
  const requests = planOf(images).images.map((image) => ({
    ...image,
    platforms,
    resolved: image.descriptor,
    isNamed: true,
  }));
  return await chooseImages(requests, fetcher);
}

/** A root with so many indexes in each other below it. */
function nest(root: MadeManifest, depth: number): MadeManifest {
  let nested = root;
  for (let level = 0; level < depth; level++)
    nested = makeIndex([nested], { annotations: { level: `${level}` } });
  return nested;
}

describe("chooseImages()", () => {
  test("reads nothing that no chosen platform needs", async () => {
    const index = makeIndex([AMD64, ARM64]);

    const { images } = await choose(index, ["linux/amd64"]);

    expect(images).toMatchObject([{ root: AMD64.descriptor }, { root: NGINX.descriptor, taken: ["all"] }]);
    expect(read.toSorted()).toEqual([index, AMD64, NGINX].map(({ descriptor }) => descriptor.digest).sort());
  });

  test("does not mind a broken manifest of another platform", async () => {
    const { images, failed } = await choose(makeIndex([AMD64, ARM64]), ["linux/amd64"], { broken: ARM64 });

    expect(images).toHaveLength(2);
    expect(failed).toEqual([]);
  });

  test.each([
    ["a manifest", makeIndex([NGINX]), NGINX],
    ["an index", makeIndex([makeIndex([NGINX])]), makeIndex([NGINX])],
  ])("takes an image of which a repository that is down has %s too", async (_what, root, other) => {
    const { images } = await choose(root, ["all"], { down: "nginx", other });

    expect(images).toContainEqual(expect.objectContaining({ root: root.descriptor }));
  });

  test.each([1, 2, 3])("leaves an image out whose index %i levels below cannot be read", async (depth) => {
    const broken = makeIndex([ARM64]);
    const root = makeIndex([AMD64, nest(broken, depth - 1)]);

    const { images, failed } = await choose(root, ["linux/amd64"], { broken });

    expect(images).toMatchObject([{ root: NGINX.descriptor }]);
    expect(failed).toMatchObject([{ source: "r.io/app:1", code: "UNAVAILABLE" }]);
  });

  test.each([
    ["one platform", ["linux/arm64"]],
    ["all", ["all"]],
  ])("leaves an image out whose indexes lie too deep, for %s", async (_what, platforms) => {
    const root = makeIndex([ARM64, nest(AMD64, MAX_INDEX_DEPTH + 1)]);

    const { images, failed } = await choose(root, platforms);

    expect(images).toMatchObject([{ root: NGINX.descriptor }]);
    expect(failed).toMatchObject([{ source: "r.io/app:1", code: "MANIFEST_INVALID" }]);
  });

  test("leaves an image out that gives one digest two sizes", async () => {
    const layer = NGINX.blobs[1]?.descriptor;
    const lying = makeImage([], "linux/amd64", { layers: [layer, { ...layer, size: 1 }] });

    const { images, failed } = await choose({ ...lying, blobs: [...lying.blobs, ...NGINX.blobs] }, ["all"]);

    expect(images).toMatchObject([{ root: NGINX.descriptor }]);
    expect(failed).toMatchObject([{ source: "r.io/app:1", code: "SIZE_INVALID" }]);
  });

  test("looks into each index once, however often it is named", async () => {
    let root = makeIndex([AMD64, ARM64]);
    // Twenty times twenty times twenty …, eight levels deep.
    for (let level = 1; level < MAX_INDEX_DEPTH; level++)
      root = { ...makeIndex(Array.from({ length: 20 }, () => root)), children: [root] };

    const one = await choose(root, ["linux/amd64"]);
    const both = await choose(root, ["linux/amd64", "linux/arm64"]);

    expect(one.images).toMatchObject([{ root: AMD64.descriptor }, {}]);
    expect(both.images).toMatchObject([{ root: root.descriptor }, {}]);
  });

  test("names the media type of what an index names and is no manifest, and asks for none of it", async () => {
    const sbom = makeBlob("sbom", "application/vnd.cyclonedx+json");
    const index = makeIndex([AMD64, { ...sbom, blobs: [], children: [], entry: {} }]);
    const root = { ...index, blobs: [sbom], children: [AMD64] };

    const all = await choose(root, ["all"]);
    const chosen = await choose(root, ["linux/amd64"]);

    expect(all.failed).toMatchObject([
      { code: "MANIFEST_INVALID", message: expect.stringContaining("application/vnd.cyclonedx+json") },
    ]);
    expect(read).not.toContain(sbom.descriptor.digest);
    expect(chosen.failed).toEqual([]);
  });

  test("carries an index that names nothing", async () => {
    const index = makeIndex([]);

    const { images } = await choose(index, ["linux/amd64"]);

    expect(images).toMatchObject([{ root: index.descriptor, taken: ["all"] }, {}]);
  });
});
