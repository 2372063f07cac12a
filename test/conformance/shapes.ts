import { digestOf, MEDIA_TYPES } from "@airgap-bundle/core";
import { type MadeManifest, makeBlob, makeImage, makeIndex } from "../support/images.ts";

const EMPTY_TYPE = "application/vnd.oci.empty.v1+json";
const NONDISTRIBUTABLE = "application/vnd.oci.image.layer.nondistributable.v1.tar";
export const ARTIFACT_TYPE = "application/vnd.example.conformance.v1";

/** The manifest that others speak of. */
export const SUBJECT: MadeManifest = makeImage(["subject"]);
const SUBJECT_INDEX = makeIndex([makeImage(["arm"], "linux/arm64")]);

/** A manifest that the spec allows. */
export interface Shape {
  readonly name: string;
  readonly root: MadeManifest;
}

/** An artifact with the empty config and one layer. */
export function makeArtifact(content: string, fields: object = {}, type = ARTIFACT_TYPE): MadeManifest {
  const blobs = [makeBlob("{}", EMPTY_TYPE), makeBlob(content, type)];
  const [config, ...layers] = blobs.map(({ descriptor }) => descriptor);
  const mediaType = MEDIA_TYPES.ociManifest;
  const document = { schemaVersion: 2, mediaType, artifactType: ARTIFACT_TYPE, config, layers, ...fields };
  return { ...makeBlob(JSON.stringify(document), mediaType), blobs, children: [], entry: {} };
}

/** An image whose descriptors carry their content and more than the spec knows. */
function makeVerbose(): MadeManifest {
  const blobs = [makeBlob("{}", MEDIA_TYPES.ociConfig), makeBlob("verbose")];
  const [config, ...layers] = blobs.map(({ descriptor, content }) => ({
    ...descriptor,
    data: content.toString("base64"),
    newUnspecifiedField: null,
  }));
  const mediaType = MEDIA_TYPES.ociManifest;
  const document = { schemaVersion: 2, mediaType, config, layers, "org.example.custom": "value" };
  // As Go indents it.
  return {
    ...makeBlob(JSON.stringify(document, undefined, "\t"), mediaType),
    blobs,
    children: [],
    entry: {},
  };
}

function makeForeign(): MadeManifest {
  const absent = [NONDISTRIBUTABLE, `${NONDISTRIBUTABLE}+gzip`].map((mediaType) => ({
    mediaType,
    digest: digestOf(mediaType),
    size: 123_456,
    urls: ["https://store.example.com/blob"],
  }));
  const image = makeImage(["own layer"]);
  const layers = [...absent, ...image.blobs.slice(1).map(({ descriptor }) => descriptor)];
  return makeImage(["own layer"], "linux/amd64", { layers });
}

const IMAGE = makeImage(["first", "second"]);
const LARGE = Object.fromEntries(Array.from({ length: 390 }, (_, n) => [`large-${n}`, "A".repeat(10_000)]));
const MISSING = { mediaType: MEDIA_TYPES.ociManifest, digest: digestOf("missing content"), size: 123 };

/** What {@link https://github.com/opencontainers/distribution-spec/tree/main/conformance} pushes, and a little more. */
export const SHAPES: readonly Shape[] = [
  { name: "an image", root: IMAGE },
  { name: "an image without mediaType", root: makeImage(["x"], "linux/amd64", { mediaType: undefined }) },
  { name: "an image without layers", root: makeImage([]) },
  { name: "an image of nearly 4 MiB", root: makeImage(["large"], "linux/amd64", { annotations: LARGE }) },
  { name: "an image with data and unknown fields", root: makeVerbose() },
  { name: "an image with nondistributable layers", root: makeForeign() },
  { name: "an index", root: makeIndex([IMAGE, makeImage(["arm"], "linux/arm64")]) },
  { name: "an index of indexes", root: makeIndex([makeIndex([IMAGE]), SUBJECT_INDEX]) },
  { name: "an index without entries", root: makeIndex([]) },
  { name: "an artifact", root: makeArtifact("artifact") },
  { name: "an artifact without layers", root: makeArtifact("{}", {}, EMPTY_TYPE) },
  {
    name: "an index of artifacts",
    root: makeIndex([makeArtifact("one"), makeArtifact("two")], { artifactType: ARTIFACT_TYPE }),
  },
  { name: "an artifact with a missing subject", root: makeArtifact("signature", { subject: MISSING }) },
];
