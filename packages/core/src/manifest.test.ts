import { describe, expect, test } from "vitest";
import type { Descriptor } from "./descriptor.ts";
import { digestOf } from "./hash.ts";
import { guessManifestType, parseManifest, toReferrer } from "./manifest.ts";
import { MEDIA_TYPES } from "./media-types.ts";

const { ociIndex, ociManifest, dockerIndex, dockerManifest, ociConfig, ociLayerGzip } = MEDIA_TYPES;
const CONFIG = { mediaType: ociConfig, digest: digestOf("config"), size: 6 };
const LAYER = { mediaType: ociLayerGzip, digest: digestOf("layer"), size: 5 };
const CHILD = { mediaType: ociManifest, digest: digestOf("child"), size: 5 };
const IMAGE = { schemaVersion: 2, config: CONFIG, layers: [LAYER] };
const INDEX = { schemaVersion: 2, manifests: [CHILD] };

function parse(mediaType: string, content: string | object): ReturnType<typeof parseManifest> {
  const bytes = Buffer.from(typeof content === "string" ? content : JSON.stringify(content));
  const descriptor: Descriptor = { mediaType, digest: digestOf(bytes), size: bytes.length };
  return parseManifest(descriptor, bytes);
}

describe("parseManifest()", () => {
  test.each([
    ["an OCI manifest", ociManifest, { ...IMAGE, mediaType: ociManifest }],
    ["an OCI manifest without mediaType", ociManifest, IMAGE],
    ["a docker manifest", dockerManifest, { ...IMAGE, mediaType: dockerManifest }],
    ["a docker manifest announced as OCI", ociManifest, { ...IMAGE, mediaType: dockerManifest }],
    ["unknown fields", ociManifest, { ...IMAGE, x: null }],
  ])("reads %s", (_what, mediaType, document) => {
    expect(parse(mediaType, document)).toEqual({ kind: "image", mediaType, config: CONFIG, layers: [LAYER] });
  });

  test("reads an artifact, whose config and layers are of any type", () => {
    const config = { ...CONFIG, mediaType: "application/vnd.oci.empty.v1+json", data: "e30=" };
    const layer = { ...LAYER, mediaType: "application/vnd.cncf.helm.chart.content.v1.tar+gzip" };

    const manifest = parse(ociManifest, { ...IMAGE, artifactType: "x/y", config, layers: [layer] });

    expect(manifest).toMatchObject({ config: { mediaType: config.mediaType }, layers: [layer] });
  });

  test.each([
    ["an OCI index", ociIndex, { ...INDEX, mediaType: ociIndex }],
    ["an index without mediaType", ociIndex, INDEX],
    ["a docker list", dockerIndex, { ...INDEX, mediaType: dockerIndex }],
  ])("reads %s", (_what, mediaType, document) => {
    expect(parse(mediaType, document)).toEqual({ kind: "index", mediaType, children: [CHILD] });
  });

  test("reads an index without entries", () => {
    expect(parse(ociIndex, { manifests: [] })).toMatchObject({ kind: "index", children: [] });
  });

  test.each([
    ["of a child", { os: "linux", architecture: "arm", variant: "v7" }, true],
    ["unknown/unknown as none", { os: "unknown", architecture: "unknown" }, false],
    ["an empty one as none", { os: "", architecture: "" }, false],
  ])("reads the platform %s", (_what, platform, isKnown) => {
    const manifest = parse(ociIndex, { manifests: [{ ...CHILD, platform }] });

    expect(manifest).toEqual({
      kind: "index",
      mediaType: ociIndex,
      children: [isKnown ? { ...CHILD, platform } : CHILD],
    });
  });

  test.each([
    ["an image", ociManifest, IMAGE],
    ["an index", ociIndex, INDEX],
  ])("reads what %s speaks of, as what, and its annotations", (_what, mediaType, document) => {
    const common = { artifactType: "x/signature", subject: CHILD, annotations: { a: "b" } };

    expect(parse(mediaType, { ...document, ...common })).toMatchObject(common);
    const absent = { artifactType: null, subject: null, annotations: null };
    expect(parse(mediaType, { ...document, ...absent })).toEqual(parse(mediaType, document));
  });

  test("reads an artifact without a config", () => {
    const manifest = parse(ociManifest, { artifactType: "x/y", layers: [LAYER] });

    expect(manifest).toEqual({ kind: "image", mediaType: ociManifest, artifactType: "x/y", layers: [LAYER] });
  });

  test.each([
    ["attestation-manifest", LAYER.digest],
    ["something-else", undefined],
  ])("reads what a child of the reference type %s attests", (type, attests) => {
    const annotations = { "vnd.docker.reference.type": type, "vnd.docker.reference.digest": LAYER.digest };

    const manifest = parse(ociIndex, { manifests: [{ ...CHILD, annotations }] });

    expect(manifest.kind === "index" && manifest.children[0]?.attests).toBe(attests);
  });

  test.each([
    ["both manifests and layers", ociManifest, { ...IMAGE, manifests: [] }, /both manifests and layers/],
    ["both manifests and a config", ociIndex, { ...INDEX, config: CONFIG }, /both manifests and layers/],
    ["an index announced as an image", ociManifest, INDEX, /layers/],
    ["an image announced as an index", ociIndex, IMAGE, /manifests/],
    ["an image that calls itself an index", ociManifest, { ...IMAGE, mediaType: ociIndex }, /calls itself/],
    [
      "an index that calls itself an image",
      dockerIndex,
      { ...INDEX, mediaType: ociManifest },
      /calls itself/,
    ],
    ["another media type", "text/html", IMAGE, /its media type is "text\/html"/],
    ["no media type", "", IMAGE, /its media type is ""/],
    ["no JSON", ociManifest, "<html>", /not JSON/],
    ["nothing", ociManifest, "", /not JSON/],
    ["an array", ociManifest, "[]", /not a JSON object/],
    ["null", ociManifest, "null", /not a JSON object/],
    ["no config", ociManifest, { layers: [] }, /config/],
    ["no layers", ociManifest, { config: CONFIG }, /layers/],
    ["layers: null", ociManifest, { ...IMAGE, layers: null }, /layers/],
    [
      "a malformed digest",
      ociManifest,
      { ...IMAGE, layers: [{ ...LAYER, digest: "sha256:../x" }] },
      /layers.0.digest/,
    ],
    ["a negative size", ociManifest, { ...IMAGE, config: { ...CONFIG, size: -1 } }, /config.size/],
    ["half a byte", ociManifest, { ...IMAGE, config: { ...CONFIG, size: 0.5 } }, /config.size/],
    ["a size as text", ociManifest, { ...IMAGE, config: { ...CONFIG, size: "6" } }, /config.size/],
    [
      "a size beyond what can be counted",
      ociManifest,
      { ...IMAGE, config: { ...CONFIG, size: 2 ** 53 } },
      /config.size/,
    ],
    ["too many children", ociIndex, { manifests: Array(10_001).fill(CHILD) }, /manifests/],
    [
      "a child without media type",
      ociIndex,
      { manifests: [{ ...CHILD, mediaType: undefined }] },
      /manifests.0.mediaType/,
    ],
  ])("refuses %s", (_what, mediaType, document, message) => {
    expect(() => parse(mediaType, document)).toThrow(message);
    expect(() => parse(mediaType, document)).toThrow(expect.objectContaining({ code: "MANIFEST_INVALID" }));
  });

  test("refuses what is not UTF-8", () => {
    const content = Buffer.from([0x7b, 0xff, 0x7d]);

    expect(() =>
      parseManifest({ mediaType: ociManifest, digest: digestOf(content), size: 3 }, content),
    ).toThrow(/not JSON/);
  });

  test.each([
    [
      "a key named twice",
      `{"layers":[],"config":${JSON.stringify(CONFIG)},"layers":[]}`,
      /two keys "layers"/,
    ],
    ["a key named twice in disguise", `{"layers":[],"l\\u0061yers":[]}`, /two keys "layers"/],
    ["a field named in two cases", `{"layers":[],"Layers":[]}`, /"Layers", which some read as "layers"/],
    ["both kinds in disguise", `{"config":{},"layers":[],"Manifests":[]}`, /"Manifests", which some read as/],
    ["a letter that Go takes for an s", `{"layer\u017f":[]}`, /"layer\u017f", which some read as "layers"/],
    ["an escaped one", `{"layer\\u017f":[]}`, /which some read as "layers"/],
    ["a subject in disguise", `{"config":{},"layers":[],"SUBJECT":{}}`, /which some read as "subject"/],
    ["annotations in disguise", `{"Annotations":{}}`, /which some read as "annotations"/],
    ["a digest in disguise", `{"layers":[{"Digest":"a"}]}`, /which some read as "digest"/],
    ["a disguise behind annotations", `{"annotations":{},"Layers":[]}`, /which some read as "layers"/],
    [
      "a disguise in a list behind annotations",
      `[{"annotations":"a"},{"Layers":[]}]`,
      /some read as "layers"/,
    ],
    ["a disguise in a list", `{"x":["annotations",{"Layers":[]}]}`, /which some read as "layers"/],
    ["a digest named twice", `{"layers":[{"digest":"a","size":1,"digest":"b"}]}`, /two keys "digest"/],
    ["a byte order mark", `\ufeff{"layers":[]}`, /it is not JSON/],
    ["a long nest", `{"x":${"[".repeat(65)}${"]".repeat(65)}}`, /nested more than 64 levels/],
    ["an endless nest", "[".repeat(1_000_000), /nested more than 64 levels/],
  ])("refuses %s", (_what, text, message) => {
    const content = Buffer.from(text);
    const descriptor = { mediaType: ociManifest, digest: digestOf(content), size: content.length };

    expect(() => parseManifest(descriptor, content)).toThrow(
      expect.objectContaining({ code: "MANIFEST_INVALID", message: expect.stringMatching(message) }),
    );
  });

  test("takes keys that differ in case where they mean nothing, and a million of them", () => {
    const annotations = {
      a: "1",
      A: "2",
      size: "s",
      Size: "S",
      Config: "c",
      'quo\\"ted:{': "3",
      ["__proto__"]: "4",
    };
    const padding = Object.fromEntries(
      Array.from({ length: 200_000 }, (_, number) => [`k${number}`, number]),
    );

    const manifest = parse(ociManifest, { ...IMAGE, annotations, padding });

    expect(manifest.annotations).toEqual({
      a: "1",
      A: "2",
      size: "s",
      Size: "S",
      Config: "c",
      'quo\\"ted:{': "3",
    });
    expect(Object.getPrototypeOf(manifest.annotations)).toBe(Object.prototype);
  });

  test.each([
    ["blake3", `blake3:${"0".repeat(64)}`, /unsupported digest algorithm blake3/],
    ["upper case", `sha256:${"A".repeat(64)}`, /neither sha256 nor sha512/],
    ["a path", "sha256:../../x", /neither sha256 nor sha512/],
  ])("says what is wrong with a digest: %s", (_what, digest, message) => {
    expect(() => parse(ociManifest, { ...IMAGE, layers: [{ ...LAYER, digest }] })).toThrow(message);
  });

  test("names docker's schema 1", () => {
    const mediaType = "application/vnd.docker.distribution.manifest.v1+prettyjws";

    expect(() => parse(mediaType, { schemaVersion: 1, fsLayers: [] })).toThrow(
      expect.objectContaining({
        code: "MANIFEST_INVALID",
        hint: expect.any(String),
        message: expect.stringContaining("schema 1"),
      }),
    );
  });
});

test.each([
  [{ mediaType: "x/y", layers: [] }, "x/y"],
  [INDEX, ociIndex],
  [IMAGE, ociManifest],
  [{ mediaType: 5, layers: [] }, ociManifest],
  [{}, undefined],
  [[], undefined],
  [null, undefined],
])("guessManifestType() of %j is %s", (document, expected) => {
  expect(guessManifestType(Buffer.from(JSON.stringify(document)))).toBe(expected);
});

test("guessManifestType() of what is not JSON is undefined", () => {
  expect(guessManifestType(Buffer.from("<html>"))).toBeUndefined();
});

test.each([
  ["its own type", ociManifest, { ...IMAGE, artifactType: "x/y" }, { artifactType: "x/y" }],
  ["its config's type", ociManifest, IMAGE, { artifactType: ociConfig }],
  [
    "its config's type for an empty one",
    ociManifest,
    { ...IMAGE, artifactType: "" },
    { artifactType: ociConfig },
  ],
  [
    "its own type for want of a config",
    ociManifest,
    { artifactType: "x/y", layers: [] },
    { artifactType: "x/y" },
  ],
  ["no type for an index", ociIndex, INDEX, {}],
  ["annotations", ociIndex, { ...INDEX, annotations: { a: "b" } }, { annotations: { a: "b" } }],
])("toReferrer() tells %s", (_what, mediaType, document, expected) => {
  const descriptor = { mediaType, digest: digestOf("manifest"), size: 5 };

  expect(toReferrer(descriptor, parse(mediaType, document))).toEqual({ ...descriptor, ...expected });
});
