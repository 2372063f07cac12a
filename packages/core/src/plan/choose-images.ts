import type { Descriptor } from "../descriptor.ts";
import { type BundleError, isBundleError } from "../error.ts";
import { isIndexType } from "../media-types.ts";
import { formatReference } from "../reference.ts";
import type { ManifestFetcher, WantedManifest } from "./manifest-fetcher.ts";
import { listContent, listKnownContent, MAX_INDEX_DEPTH } from "./manifest-graph.ts";
import { type FailedImage, formatTarget, toFailedImage } from "./plan.ts";
import type { ImageRequest } from "./request.ts";
import { selectPlatforms } from "./select-platforms.ts";

/** A request whose reference has been resolved. */
export interface ResolvedRequest extends ImageRequest {
  readonly resolved: Descriptor;
}

/** A request with the root that will be carried for it. */
export interface ChosenImage extends ResolvedRequest {
  readonly root: Descriptor;
  /** The platforms that it has; `all` if its index was taken whole. */
  readonly taken: readonly string[];
}

/** What was chosen; every manifest of it is in the fetcher. */
export interface ChosenImages {
  readonly images: readonly ChosenImage[];
  readonly failed: readonly FailedImage[];
}

/**
 * Reads the manifests of what was resolved, chooses platforms, and reads what the choice leaves: nothing is fetched that
 * no chosen platform needs.
 *
 * @throws what {@link ManifestFetcher.fetchAll} throws
 */
export async function chooseImages(
  requests: readonly ResolvedRequest[],
  fetcher: ManifestFetcher,
): Promise<ChosenImages> {
  await fetchIndexes(requests, fetcher);
  const chosen: ChosenImage[] = [];
  const failed: FailedImage[] = [];
  for (const request of requests) {
    try {
      chosen.push(await chooseRoot(request, fetcher));
    } catch (error) {
      if (!isBundleError(error)) throw error;
      failed.push(toFailedRequest(request, error));
    }
  }
  await fetcher.fetchAll(chosen.flatMap(({ root, source }) => wantAll(listLeaves(root, fetcher), source)));
  const images: ChosenImage[] = [];
  for (const image of chosen) {
    const failure =
      findFailure([image.root, ...listLeaves(image.root, fetcher)], fetcher) ??
      findFault(image.root, fetcher);
    if (failure === undefined) images.push(image);
    else failed.push(toFailedRequest(image, failure));
  }
  return { images, failed };
}

/** Brings the roots, and level by level the indexes that lie in them. */
async function fetchIndexes(requests: readonly ResolvedRequest[], fetcher: ManifestFetcher): Promise<void> {
  let wanted = requests.flatMap(({ resolved, source }) => wantAll([resolved], source));
  for (let depth = 0; depth <= MAX_INDEX_DEPTH && wanted.length > 0; depth++) {
    await fetcher.fetchAll(wanted);
    wanted = wanted.flatMap(({ descriptor, from }) => wantAll(listNestedIndexes(descriptor, fetcher), from));
  }
}

async function chooseRoot(request: ResolvedRequest, fetcher: ManifestFetcher): Promise<ChosenImage> {
  const { resolved, platforms } = request;
  const failure = findFailure(listIndexes(resolved, fetcher), fetcher);
  if (failure !== undefined) throw failure;
  const selection = selectPlatforms(resolved, platforms, fetcher.manifests, fetcher.indexes);
  for (const index of selection.filtered) await fetcher.add(index);
  return { ...request, root: selection.root, taken: selection.platforms };
}

function listNestedIndexes(descriptor: Descriptor, { manifests }: ManifestFetcher): readonly Descriptor[] {
  const manifest = manifests.get(descriptor.digest);
  return manifest?.kind === "index"
    ? manifest.children.filter(({ mediaType }) => isIndexType(mediaType))
    : [];
}

/**
 * A root and every index below it, read or not: platforms are chosen in all of them.
 *
 * @throws `MANIFEST_INVALID` if they lie too deep, `SIZE_INVALID` if one digest is given two sizes
 */
function listIndexes(root: Descriptor, { manifests }: ManifestFetcher): readonly Descriptor[] {
  return listKnownContent(root, manifests)
    .map(({ descriptor }) => descriptor)
    .filter(({ digest, mediaType }) => digest === root.digest || isIndexType(mediaType));
}

/** Every manifest below a root that is no index. */
function listLeaves(root: Descriptor, fetcher: ManifestFetcher): readonly Descriptor[] {
  const manifest = fetcher.manifests.get(root.digest);
  if (manifest === undefined) return [root];
  if (manifest.kind === "image") return [];
  return manifest.children.flatMap((child) =>
    isIndexType(child.mediaType) ? listLeaves(child, fetcher) : [child],
  );
}

function findFailure(
  descriptors: readonly Descriptor[],
  { failures }: ManifestFetcher,
): BundleError | undefined {
  return descriptors.map(({ digest }) => failures.get(digest)).find((failure) => failure !== undefined);
}

/** What makes an image useless though each of its manifests could be read. */
function findFault(root: Descriptor, { manifests }: ManifestFetcher): BundleError | undefined {
  try {
    listContent(root, manifests);
    return undefined;
  } catch (error) {
    if (isBundleError(error)) return error;
    throw error;
  }
}

function wantAll(
  descriptors: readonly Descriptor[],
  from: ImageRequest["source"],
): readonly WantedManifest[] {
  return descriptors.map((descriptor) => ({ descriptor, from }));
}

/** A request that failed after its reference was resolved. */
export function toFailedRequest(
  { source, target, resolved }: ResolvedRequest,
  error: BundleError,
): FailedImage {
  return toFailedImage(formatReference(source), formatTarget(target, resolved.digest), error);
}
