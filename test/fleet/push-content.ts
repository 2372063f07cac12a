import {
  contentOf,
  type Descriptor,
  digestOf,
  formatPlatform,
  MEDIA_TYPES,
  type Platform,
  type Target,
} from "@airgap-bundle/core";
import type { Layer } from "./layer.ts";

/** Whose media types an image has, and whose way to write JSON. */
export type Flavour = "docker" | "oci";

/** One image for one platform. */
export interface ImageContent {
  readonly flavour: Flavour;
  readonly platform: Platform;
  readonly layers: readonly Layer[];
  readonly tag?: string;
}

/** One entry of an index, as it stands there. */
export interface IndexEntry extends Descriptor {
  readonly platform?: Platform;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** An index or manifest list. */
export interface IndexContent {
  readonly flavour: Flavour;
  readonly manifests: readonly IndexEntry[];
  readonly tag?: string;
}

const IMAGE_TYPES = {
  docker: {
    manifest: MEDIA_TYPES.dockerManifest,
    config: MEDIA_TYPES.dockerConfig,
    layer: MEDIA_TYPES.dockerLayerGzip,
    index: MEDIA_TYPES.dockerIndex,
  },
  oci: {
    manifest: MEDIA_TYPES.ociManifest,
    config: MEDIA_TYPES.ociConfig,
    layer: MEDIA_TYPES.ociLayerGzip,
    index: MEDIA_TYPES.ociIndex,
  },
} as const;

/** What docker and BuildKit indent manifests with: nobody may write them anew. */
const INDENTATION: Readonly<Record<Flavour, number>> = { docker: 3, oci: 2 };

/** Pushes an image; resolves to its manifest. */
export async function pushImage(repository: Target, image: ImageContent): Promise<Descriptor> {
  const { flavour, platform, layers, tag } = image;
  const types = IMAGE_TYPES[flavour];
  const config = JSON.stringify({
    ...platform,
    created: "2024-01-01T00:00:00Z",
    config: { Env: [`PLATFORM=${formatPlatform(platform)}`], Cmd: ["/app"] },
    rootfs: { type: "layers", diff_ids: layers.map(({ diffId }) => diffId) },
    history: layers.map((_, position) => ({ created_by: `COPY ${position}` })),
  });
  const manifest = {
    schemaVersion: 2,
    mediaType: types.manifest,
    config: await pushBlob(repository, types.config, Buffer.from(config)),
    layers: await pushLayers(repository, types.layer, layers),
  };
  return await pushManifest(repository, manifest, { flavour, tag });
}

/** Pushes an index of what the repository has already. */
export async function pushIndex(repository: Target, index: IndexContent): Promise<Descriptor> {
  const { flavour, manifests, tag } = index;
  const document = { schemaVersion: 2, mediaType: IMAGE_TYPES[flavour].index, manifests };
  return await pushManifest(repository, document, { flavour, tag });
}

/** Pushes an attestation and gives its entry of an index, both as BuildKit makes them. */
export async function pushAttestation(repository: Target, subject: Descriptor): Promise<IndexEntry> {
  const statement = { _type: "https://in-toto.io/Statement/v0.1", subject: [{ digest: subject.digest }] };
  const layer = await pushBlob(
    repository,
    "application/vnd.in-toto+json",
    Buffer.from(JSON.stringify(statement)),
  );
  const config = {
    architecture: "unknown",
    os: "unknown",
    rootfs: { type: "layers", diff_ids: [layer.digest] },
  };
  const manifest = {
    schemaVersion: 2,
    mediaType: MEDIA_TYPES.ociManifest,
    config: await pushBlob(repository, MEDIA_TYPES.ociConfig, Buffer.from(JSON.stringify(config))),
    layers: [{ ...layer, annotations: { "in-toto.io/predicate-type": "https://slsa.dev/provenance/v0.2" } }],
  };
  return {
    ...(await pushManifest(repository, manifest, { flavour: "oci" })),
    platform: { architecture: "unknown", os: "unknown" },
    annotations: {
      "vnd.docker.reference.digest": subject.digest,
      "vnd.docker.reference.type": "attestation-manifest",
    },
  };
}

/** Pushes content that is no image: {@link https://github.com/opencontainers/image-spec/blob/v1.1.1/manifest.md#guidelines-for-artifact-usage}. */
export async function pushArtifact(
  repository: Target,
  content: Uint8Array,
  options: { readonly tag: string },
): Promise<Descriptor> {
  const manifest = {
    schemaVersion: 2,
    mediaType: MEDIA_TYPES.ociManifest,
    artifactType: "application/vnd.example.chart",
    config: await pushBlob(repository, "application/vnd.oci.empty.v1+json", Buffer.from("{}")),
    layers: [await pushBlob(repository, "application/vnd.example.chart.content", content)],
  };
  return await pushManifest(repository, manifest, { flavour: "oci", tag: options.tag });
}

async function pushLayers(
  repository: Target,
  mediaType: string,
  layers: readonly Layer[],
): Promise<readonly Descriptor[]> {
  const descriptors: Descriptor[] = [];
  for (const { content } of layers) descriptors.push(await pushBlob(repository, mediaType, content));
  return descriptors;
}

async function pushBlob(repository: Target, mediaType: string, content: Uint8Array): Promise<Descriptor> {
  const descriptor = { mediaType, digest: digestOf(content), size: content.length };
  await repository.putBlob(descriptor, () => contentOf(content));
  return descriptor;
}

async function pushManifest(
  repository: Target,
  document: { readonly mediaType: string },
  { flavour, tag }: { readonly flavour: Flavour; readonly tag?: string | undefined },
): Promise<Descriptor> {
  const content = Buffer.from(JSON.stringify(document, null, INDENTATION[flavour]));
  const descriptor = { mediaType: document.mediaType, digest: digestOf(content), size: content.length };
  await repository.putManifest(descriptor, content, tag === undefined ? {} : { tag });
  return descriptor;
}
