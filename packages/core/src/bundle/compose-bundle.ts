import type { Descriptor } from "../descriptor.ts";
import { digestOf } from "../hash.ts";
import { MEDIA_TYPES } from "../media-types.ts";
import { type ManifestGraph, plainDescriptor } from "../plan/manifest-graph.ts";
import { type CarriedReferrer, formatTarget, listRoots, type PlannedImage } from "../plan/plan.ts";
import { formatReference } from "../reference.ts";
import { checkLimits } from "./check-limits.ts";
import { collectBlobs } from "./collect-blobs.ts";
import { formatDockerManifest } from "./docker-manifest.ts";
import { type BundleDocument, type BundleImage, FORMAT_VERSION } from "./document.ts";
import {
  formatVolume,
  listEntries,
  OCI_LAYOUT,
  type PlacedEntry,
  placeEntries,
  sizeOfTar,
} from "./layout.ts";
import { formatIndex, nameRoots } from "./root-names.ts";

/** What the writer of a bundle says about itself, and what the user wants it to say. */
export interface BundleHeading {
  /** Program and version. */
  readonly createdBy: string;
  readonly label?: string;
  /** RFC 3339; absent by default, so that the same content gives the same bytes. */
  readonly created?: string;
}

/** A bundle as it will be, known to the byte but for the blobs' content. */
export interface ComposedBundle {
  /** Digest of `bundle.json`. */
  readonly id: string;
  readonly document: BundleDocument;
  /** The files before the blobs, whose content is known. */
  readonly files: readonly PlacedFile[];
  readonly metadata: readonly PlacedBlob[];
  readonly layers: readonly PlacedBlob[];
  /** Of the volume, in bytes. */
  readonly size: number;
}

/** A file with its content and its place. */
export interface PlacedFile extends PlacedEntry {
  readonly content: string;
}

/** A blob and its place. */
export interface PlacedBlob extends PlacedEntry {
  readonly descriptor: Descriptor;
}

/**
 * Lays a bundle out. Pure: the same images and manifests give the same bytes.
 *
 * @throws `SIZE_INVALID` if one digest is given two sizes; `MANIFEST_UNKNOWN` if the graph is not complete;
 * `SELECTION_INVALID` if readers would refuse it
 */
export function composeBundle(
  images: readonly PlannedImage[],
  manifests: ManifestGraph,
  heading: BundleHeading,
): ComposedBundle {
  const bundleImages = images.map(toBundleImage).sort(compareTargets);
  const { metadata, layers } = collectBlobs(bundleImages.flatMap(listRoots), manifests);
  const roots = nameRoots(images);
  const index = formatIndex(roots);
  const dockerManifest = formatDockerManifest(roots, manifests);
  const { createdBy, label, created } = heading;
  const document: BundleDocument = {
    formatVersion: FORMAT_VERSION,
    requires: [],
    createdBy,
    index: describe(index, MEDIA_TYPES.ociIndex),
    ...(dockerManifest === undefined ? {} : { dockerManifest: describe(dockerManifest, "application/json") }),
    images: bundleImages,
    blobs: [
      ...metadata.map(({ digest, size }) => ({ digest, size, volume: 0 })),
      ...layers.map(({ digest, size }) => ({ digest, size, volume: 1 })),
    ],
    volumes: [{ number: 1, size: layers.reduce((sum, { size }) => sum + size, 0) }],
    ...(label === undefined ? {} : { label }),
    ...(created === undefined ? {} : { created }),
  };
  const text = JSON.stringify(document);
  checkLimits(document, text, manifests);
  const id = digestOf(text);
  const contents = [
    OCI_LAYOUT,
    index,
    text,
    formatVolume(id),
    ...(dockerManifest === undefined ? [] : [dockerManifest]),
  ];
  const placed = placeEntries(listEntries(document, id, Buffer.byteLength(text)));
  return { id, document, ...assign(placed, contents, metadata, layers), size: sizeOfTar(placed) };
}

/** Gives every place what lies there: files, then metadata, then layers. */
function assign(
  placed: readonly PlacedEntry[],
  contents: readonly string[],
  metadata: readonly Descriptor[],
  layers: readonly Descriptor[],
): Pick<ComposedBundle, "files" | "metadata" | "layers"> {
  const queue = placed.values();
  const next = (): PlacedEntry => {
    const { value } = queue.next();
    if (value === undefined)
      throw new RangeError("Cannot lay out a bundle: it has fewer places than entries");
    return value;
  };
  return {
    files: contents.map((content) => ({ ...next(), content })),
    metadata: metadata.map((descriptor) => ({ ...next(), descriptor })),
    layers: layers.map((descriptor) => ({ ...next(), descriptor })),
  };
}

function toBundleImage(image: PlannedImage): BundleImage {
  const { source, target, resolved, descriptor, platforms, task, selectedBy, referrers, referrerStatus } =
    image;
  const { registry, repository, tag } = target;
  return {
    source: formatReference(source),
    target: { registry, repository, tag },
    resolved,
    descriptor: plainDescriptor(descriptor),
    platforms: [...platforms],
    task,
    selectedBy,
    referrers: referrers.map(toBundleReferrer),
    ...(referrerStatus === "unknown" || referrerStatus === "off" ? { referrersUnknown: true } : {}),
  };
}

function toBundleReferrer({ subject, descriptor, tag }: CarriedReferrer): CarriedReferrer {
  return { subject, descriptor: plainDescriptor(descriptor), ...(tag === undefined ? {} : { tag }) };
}

function compareTargets(a: BundleImage, b: BundleImage): number {
  const first = formatTarget(a.target, a.descriptor.digest);
  const second = formatTarget(b.target, b.descriptor.digest);
  if (first === second) return 0;
  return first < second ? -1 : 1;
}

function describe(content: string, mediaType: string): Descriptor {
  return { mediaType, digest: digestOf(content), size: Buffer.byteLength(content) };
}
