import type { Descriptor } from "../descriptor.ts";
import { BundleError } from "../error.ts";
import type { Manifest } from "../manifest.ts";
import { isIndexType } from "../media-types.ts";

/** Manifests by digest. */
export type ManifestGraph = ReadonlyMap<string, Manifest>;

/** How deep indexes may lie in each other: real ones have one or two levels. */
export const MAX_INDEX_DEPTH = 8;

/** No real image comes near; more is an attack on memory and on patience. */
const MAX_MANIFESTS = 10_000;
/** Bytes of all manifests of an image: they are held in memory. */
const MAX_MANIFESTS_SIZE: number = 64 * 1024 * 1024;

/** A config larger than this counts as a layer: metadata is held in memory and repeated in every volume. */
export const MAX_CONFIG_SIZE: number = 4 * 1024 * 1024;

/** Something that an image is made of. */
export interface ContentPart {
  readonly descriptor: Descriptor;
  /** Metadata describes the image: manifests, indexes, configs. */
  readonly role: "manifest" | "config" | "layer";
}

/**
 * Everything below a root and the root itself, each once: a manifest comes before what it names.
 *
 * @throws `MANIFEST_UNKNOWN` if the graph lacks a manifest; what {@link listKnownContent} throws
 */
export function listContent(root: Descriptor, graph: ManifestGraph): ContentPart[] {
  const parts = listKnownContent(root, graph);
  const missing = parts.find(({ role, descriptor }) => role === "manifest" && !graph.has(descriptor.digest));
  if (missing === undefined) return parts;
  throw new BundleError(
    "MANIFEST_UNKNOWN",
    `Cannot find manifest ${missing.descriptor.digest}: nothing brings it`,
  );
}

/** The manifests of {@link listContent}: a root and every one below it. @throws what that throws */
export function listManifests(root: Descriptor, graph: ManifestGraph): Descriptor[] {
  return listContent(root, graph).flatMap(({ role, descriptor }) =>
    role === "manifest" ? [descriptor] : [],
  );
}

/**
 * As {@link listContent}, but what a manifest names that the graph lacks is left out.
 *
 * @throws `MANIFEST_INVALID` if indexes lie deeper than allowed, there are too many manifests, or one is called an index
 * and an image; `SIZE_INVALID` if one digest is given two sizes
 */
export function listKnownContent(root: Descriptor, graph: ManifestGraph): ContentPart[] {
  const visit: Visit = { root, graph, parts: new Map(), manifests: 0, manifestsSize: 0 };
  visitManifest(root, visit, 0);
  return [...visit.parts.values()];
}

/** A walk through all that lies below a root. */
interface Visit {
  readonly root: Descriptor;
  readonly graph: ManifestGraph;
  readonly parts: Map<string, ContentPart>;
  manifests: number;
  manifestsSize: number;
}

/** Bytes have one size. @throws `SIZE_INVALID` if `known`, of the same digest, has another */
export function checkSameSize(descriptor: Descriptor, known: Descriptor | undefined): void {
  if (known === undefined || known.size === descriptor.size) return;
  throw new BundleError(
    "SIZE_INVALID",
    `Cannot use blob ${descriptor.digest}: its size is ${known.size} bytes in one place and ${descriptor.size} in another`,
  );
}

/** Every manifest below a root and the root itself, each once and after all that it names: the order to push them in. */
export function listManifestsUpwards(root: Descriptor, graph: ManifestGraph): Descriptor[] {
  const listed = new Map<string, Descriptor>();
  const visit = (descriptor: Descriptor): void => {
    if (listed.has(descriptor.digest)) return;
    const manifest = graph.get(descriptor.digest);
    if (manifest?.kind === "index") for (const child of manifest.children) visit(child);
    listed.set(descriptor.digest, plainDescriptor(descriptor));
  };
  visit(root);
  return [...listed.values()];
}

function visitManifest(descriptor: Descriptor, visit: Visit, depth: number): void {
  const { digest } = descriptor;
  const { parts, graph } = visit;
  const known = parts.get(digest);
  checkSameSize(descriptor, known?.descriptor);
  if (known?.role === "manifest") {
    checkSameKind(descriptor, known.descriptor);
    return;
  }
  if (depth > MAX_INDEX_DEPTH) throw invalid(digest, `it lies below more than ${MAX_INDEX_DEPTH} indexes`);
  countManifest(descriptor, visit);
  parts.set(digest, { descriptor: plainDescriptor(descriptor), role: "manifest" });
  const manifest = graph.get(digest);
  if (manifest === undefined) return;
  if (manifest.kind === "index") {
    for (const child of manifest.children) visitManifest(child, visit, depth + 1);
    return;
  }
  const { config } = manifest;
  if (config !== undefined) addBlob(config, config.size > MAX_CONFIG_SIZE ? "layer" : "config", parts);
  for (const layer of manifest.layers) addBlob(layer, "layer", parts);
}

function countManifest({ size }: Descriptor, visit: Visit): void {
  visit.manifests += 1;
  visit.manifestsSize += size;
  const { root, manifests, manifestsSize } = visit;
  if (manifests > MAX_MANIFESTS)
    throw invalid(root.digest, `more than ${MAX_MANIFESTS} manifests lie below it`);
  if (manifestsSize > MAX_MANIFESTS_SIZE)
    throw invalid(root.digest, `the manifests below it have more than ${MAX_MANIFESTS_SIZE} bytes`);
}

/** One document is an index or an image, whatever those that name it say. */
function checkSameKind(descriptor: Descriptor, known: Descriptor): void {
  if (isIndexType(descriptor.mediaType) === isIndexType(known.mediaType)) return;
  throw invalid(
    descriptor.digest,
    `it is called ${known.mediaType} in one place and ${descriptor.mediaType} in another`,
  );
}

function invalid(digest: string, what: string): BundleError {
  return new BundleError("MANIFEST_INVALID", `Cannot use manifest ${digest}: ${what}`);
}

/** What is metadata once stays metadata, whatever else names the same bytes. */
function addBlob(descriptor: Descriptor, role: "config" | "layer", parts: Map<string, ContentPart>): void {
  const known = parts.get(descriptor.digest);
  checkSameSize(descriptor, known?.descriptor);
  if (known === undefined) parts.set(descriptor.digest, { descriptor: plainDescriptor(descriptor), role });
  else if (known.role === "layer" && role === "config") parts.set(descriptor.digest, { ...known, role });
}

/** A descriptor without what else an index says of it. */
export function plainDescriptor({ mediaType, digest, size, data }: Descriptor): Descriptor {
  return { mediaType, digest, size, ...(data === undefined ? {} : { data }) };
}
