import {
  contentOf,
  type Descriptor,
  digestOf,
  type Manifest,
  MEDIA_TYPES,
  type Plan,
  parseManifest,
  parsePlatform,
  parseReference,
  type Repository,
} from "@airgap-bundle/core";

/** Bytes and what describes them. */
export interface Made {
  readonly descriptor: Descriptor;
  readonly content: Buffer;
}

/** A manifest with all that it names: an image has blobs, an index has children. */
export interface MadeManifest extends Made {
  /** The config, then the layers. */
  readonly blobs: readonly Made[];
  readonly children: readonly MadeManifest[];
  /** What an index says of it beside its descriptor. */
  readonly entry: object;
}

/** Content of any kind. */
export function makeBlob(
  content: string | Uint8Array,
  mediaType: string = MEDIA_TYPES.ociLayerGzip,
): Made & { readonly content: Buffer } {
  const bytes = Buffer.from(content);
  return { descriptor: { mediaType, digest: digestOf(bytes), size: bytes.length }, content: bytes };
}

/** An OCI image; `fields` are added to its manifest. */
export function makeImage(
  layers: readonly string[],
  platform: string = "linux/amd64",
  fields: object = {},
): MadeManifest {
  const parsed = parsePlatform(platform);
  const config = makeBlob(JSON.stringify({ ...parsed, rootfs: { layers } }), MEDIA_TYPES.ociConfig);
  const made = layers.map((layer) => makeBlob(layer));
  return { ...makeManifest(config, made, fields), entry: { platform: parsed } };
}

/** An OCI image manifest of any blobs, which may be an artifact's; `fields` are added to it. */
export function makeManifest(config: Made, layers: readonly Made[], fields: object = {}): MadeManifest {
  const blobs = [config, ...layers];
  const [first, ...rest] = blobs.map(({ descriptor }) => descriptor);
  const mediaType = MEDIA_TYPES.ociManifest;
  const manifest = JSON.stringify({ schemaVersion: 2, mediaType, config: first, layers: rest, ...fields });
  return { ...makeBlob(manifest, mediaType), blobs, children: [], entry: {} };
}

/** A layer that may not be passed on, as images of Windows have them; its bytes are put nowhere. */
export const FOREIGN_LAYER: Made = makeBlob(
  "a layer of Windows",
  "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
);

/** An image with {@link FOREIGN_LAYER}, said to be had at `url`, and another layer. */
export function makeForeignImage(url: string): MadeManifest {
  const plain = makeImage(["own"]);
  const foreign = { ...FOREIGN_LAYER.descriptor, urls: [url] };
  return makeImage(["own"], "linux/amd64", { layers: [foreign, plain.blobs[1]?.descriptor] });
}

/** An OCI index; `fields` are added to it. */
export function makeIndex(children: readonly MadeManifest[], fields: object = {}): MadeManifest {
  const mediaType = MEDIA_TYPES.ociIndex;
  const manifests = children.map(({ descriptor, entry }) => ({ ...descriptor, ...entry }));
  // With white space, as many tools write it: nothing may depend on its absence.
  const index = JSON.stringify({ schemaVersion: 2, mediaType, manifests, ...fields }, undefined, 2);
  return { ...makeBlob(index, mediaType), blobs: [], children, entry: {} };
}

/** An attestation of an image, as BuildKit puts it into an index. */
export function makeAttestation(subject: MadeManifest): MadeManifest {
  const attestation = makeImage([`attestation of ${subject.descriptor.digest}`], "unknown/unknown");
  const annotations = {
    "vnd.docker.reference.type": "attestation-manifest",
    "vnd.docker.reference.digest": subject.descriptor.digest,
  };
  return { ...attestation, entry: { ...attestation.entry, annotations } };
}

/** A manifest and every one below it, what is named before what names it. */
export function listManifests(root: MadeManifest): readonly MadeManifest[] {
  return [...root.children.flatMap(listManifests), root];
}

/** Puts a manifest and all that it names into a repository. */
export async function putManifest(repository: Repository, root: MadeManifest, tag?: string): Promise<void> {
  for (const manifest of listManifests(root)) {
    for (const { descriptor, content } of manifest.blobs)
      await repository.putBlob(descriptor, () => contentOf(content));
    const named = manifest === root && tag !== undefined ? { tag } : {};
    await repository.putManifest(manifest.descriptor, manifest.content, named);
  }
}

/** The manifests of these roots, read, by digest. */
export function graphOf(roots: readonly MadeManifest[]): ReadonlyMap<string, Manifest> {
  const manifests = roots.flatMap(listManifests);
  return new Map(
    manifests.map(({ descriptor, content }) => [descriptor.digest, parseManifest(descriptor, content)]),
  );
}

/** All bytes of these roots, by digest. */
export function contentsOf(roots: readonly MadeManifest[]): ReadonlyMap<string, Buffer> {
  const all = roots.flatMap(listManifests).flatMap((manifest) => [manifest, ...manifest.blobs]);
  return new Map(all.map(({ descriptor, content }) => [descriptor.digest, content]));
}

/** A plan for images with their references, each to be pushed under its own name to `target`. */
export function planOf(
  images: readonly (readonly [reference: string, root: MadeManifest])[],
  target: string | null = "registry.internal",
): Plan {
  return {
    images: images.map(([reference, { descriptor }]) => {
      const source = parseReference(reference);
      return {
        source,
        target: { registry: target, repository: source.repository, tag: source.tag ?? null },
        resolved: descriptor.digest,
        descriptor,
        platforms: ["linux/amd64"],
        task: "task",
        selectedBy: "selected",
        referrers: [],
        referrerStatus: "none",
        referrerFailures: [],
      };
    }),
    manifests: graphOf(images.map(([, root]) => root)),
    failed: [],
    warnings: [],
    pulls: [],
  };
}
