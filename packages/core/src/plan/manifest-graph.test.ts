import { describe, expect, test } from "vitest";
import {
  graphOf,
  type MadeManifest,
  makeBlob,
  makeImage,
  makeIndex,
} from "../../../../test/support/images.ts";
import { digestOf } from "../hash.ts";
import { MEDIA_TYPES } from "../media-types.ts";
import { listContent, listKnownContent, listManifestsUpwards, MAX_INDEX_DEPTH } from "./manifest-graph.ts";

const AMD64 = makeImage(["base", "app"]);
const ARM64 = makeImage(["base", "app for arm"], "linux/arm64");
const INDEX = makeIndex([AMD64, ARM64]);

/** An image below this many indexes. */
function nest(depth: number): MadeManifest {
  let root = AMD64;
  for (let level = 0; level < depth; level++)
    root = makeIndex([root], { annotations: { level: `${level}` } });
  return root;
}

function digestsOf(made: readonly (Pick<MadeManifest, "descriptor"> | undefined)[]): (string | undefined)[] {
  return made.map((one) => one?.descriptor.digest);
}

/** An index that names so many manifests, which are nowhere. */
function nameManifests(count: number, name: string, size: number): MadeManifest {
  const manifests = Array.from({ length: count }, (_, number) => ({
    mediaType: MEDIA_TYPES.ociManifest,
    digest: digestOf(`${name}${number}`),
    size,
  }));
  return makeIndex([], { manifests });
}

describe("listKnownContent()", () => {
  test.each([
    [
      "too many manifests",
      [nameManifests(6000, "a", 1), nameManifests(6000, "b", 1)],
      /more than 10000 manifests/,
    ],
    [
      "manifests that are too large together",
      [nameManifests(17, "a", 4_000_000)],
      /more than 67108864 bytes/,
    ],
  ])("refuses %s", (_what, children, message) => {
    const root = makeIndex(children);

    expect(() => listKnownContent(root.descriptor, graphOf([root]))).toThrow(
      expect.objectContaining({ code: "MANIFEST_INVALID", message: expect.stringMatching(message) }),
    );
  });

  test("refuses a manifest that is called an image and an index", () => {
    const { digest, size } = AMD64.descriptor;
    const lying = { ...AMD64, descriptor: { mediaType: MEDIA_TYPES.dockerIndex, digest, size } };
    const root = { ...makeIndex([AMD64, lying]), children: [AMD64] };

    expect(() => listKnownContent(root.descriptor, graphOf([root]))).toThrow(
      expect.objectContaining({
        code: "MANIFEST_INVALID",
        message: expect.stringContaining(
          `called ${MEDIA_TYPES.ociManifest} in one place and ${MEDIA_TYPES.dockerIndex}`,
        ),
      }),
    );
  });
});

describe("listContent()", () => {
  test("lists a manifest before what it names, each once, without what an index adds", () => {
    const parts = listContent(INDEX.descriptor, graphOf([INDEX]));

    const [armConfig, , armLayer] = ARM64.blobs;
    expect(digestsOf(parts)).toEqual(digestsOf([INDEX, AMD64, ...AMD64.blobs, ARM64, armConfig, armLayer]));
    expect(parts.map(({ role }) => role)).toEqual([
      "manifest",
      "manifest",
      "config",
      "layer",
      "layer",
      "manifest",
      "config",
      "layer",
    ]);
    expect(parts[1]?.descriptor).toStrictEqual(AMD64.descriptor);
  });

  test("keeps the content that a descriptor carries", () => {
    const config = { ...makeBlob("{}", "application/vnd.oci.empty.v1+json").descriptor, data: "e30=" };
    const image = makeImage([], "linux/amd64", { artifactType: "x/y", config });

    expect(listContent(image.descriptor, graphOf([image])).at(1)).toEqual({
      descriptor: config,
      role: "config",
    });
  });

  test.each([
    [4 * 1024 * 1024, "config"],
    [4 * 1024 * 1024 + 1, "layer"],
  ])("takes a config of %i bytes as a %s", (size, role) => {
    const config = { ...makeBlob("config", MEDIA_TYPES.ociConfig).descriptor, size };
    const image = makeImage([], "linux/amd64", { config });

    expect(listContent(image.descriptor, graphOf([image])).at(1)).toEqual({ descriptor: config, role });
  });

  test("takes what is a layer and a config as config, wherever it comes first", () => {
    const config = AMD64.blobs[1]?.descriptor;
    const other = makeImage([], "linux/amd64", { config });
    const index = makeIndex([AMD64, other]);

    const parts = listContent(index.descriptor, graphOf([index]));

    expect(parts.find(({ descriptor }) => descriptor.digest === config?.digest)?.role).toBe("config");
  });

  test("takes indexes up to the depth allowed", () => {
    const deep = nest(MAX_INDEX_DEPTH);
    const tooDeep = nest(MAX_INDEX_DEPTH + 1);

    expect(listContent(deep.descriptor, graphOf([deep]))).toHaveLength(
      MAX_INDEX_DEPTH + 1 + AMD64.blobs.length,
    );
    expect(() => listContent(tooDeep.descriptor, graphOf([tooDeep]))).toThrow(
      expect.objectContaining({ code: "MANIFEST_INVALID" }),
    );
  });

  test.each([
    ["a root", AMD64, []],
    ["a child", INDEX, [makeImage(["other"])]],
  ])("fails where %s is missing", (_what, root, known) => {
    const graph = new Map(graphOf([root, ...known]));
    graph.delete(AMD64.descriptor.digest);

    expect(() => listContent(root.descriptor, graph)).toThrow(
      expect.objectContaining({
        code: "MANIFEST_UNKNOWN",
        message: expect.stringContaining(AMD64.descriptor.digest),
      }),
    );
  });

  test.each([
    ["two layers", makeImage([], "linux/amd64", { layers: twice(AMD64.blobs[1]) })],
    ["two children", makeIndex([AMD64, { ...AMD64, descriptor: { ...AMD64.descriptor, size: 1 } }])],
  ])("refuses one digest with two sizes: %s", (_what, root) => {
    expect(() => listContent(root.descriptor, graphOf([root, AMD64]))).toThrow(
      expect.objectContaining({ code: "SIZE_INVALID" }),
    );
  });
});

test("listKnownContent() lists a missing manifest and goes on", () => {
  const graph = new Map(graphOf([INDEX]));
  graph.delete(AMD64.descriptor.digest);

  const parts = listKnownContent(INDEX.descriptor, graph);

  expect(digestsOf(parts)).toEqual(digestsOf([INDEX, AMD64, ARM64, ...ARM64.blobs]));
});

test("listManifestsUpwards() lists what is named before what names it, each once", () => {
  const inner = makeIndex([ARM64]);
  const root = makeIndex([inner, AMD64, ARM64]);

  expect(listManifestsUpwards(root.descriptor, graphOf([root]))).toStrictEqual(
    [ARM64, inner, AMD64, root].map(({ descriptor }) => descriptor),
  );
});

function twice(made: Pick<MadeManifest, "descriptor"> | undefined): readonly object[] {
  return [{ ...made?.descriptor }, { ...made?.descriptor, size: 1 }];
}
