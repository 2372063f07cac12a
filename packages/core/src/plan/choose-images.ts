import type { Descriptor } from "../descriptor.ts";
import { type BundleError, isBundleError } from "../error.ts";
import { isIndexType } from "../media-types.ts";
import { formatReference } from "../reference.ts";
import type { ManifestFetcher } from "./manifest-fetcher.ts";
import { listContent, listKnownContent } from "./manifest-graph.ts";
import type { WantedManifest } from "./manifest-outcomes.ts";
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
  await fetcher.fetchAll(chosen.flatMap(({ root, source }) => wantAll(listManifests(root, fetcher), source)));
  const images: ChosenImage[] = [];
  for (const image of chosen) {
    const fault = findFault(image.root, fetcher);
    if (fault === undefined) images.push(image);
    else failed.push(toFailedRequest(image, fault));
  }
  return { images, failed };
}

/** Brings the roots, and level by level the indexes that lie in them. */
async function fetchIndexes(requests: readonly ResolvedRequest[], fetcher: ManifestFetcher): Promise<void> {
  let wanted: readonly WantedManifest[] = requests.flatMap(({ resolved, source }) =>
    wantAll([resolved], source),
  );
  while (wanted.length > 0) {
    await fetcher.fetchAll(wanted);
    wanted = fetcher.unseen(
      requests.flatMap(({ resolved, source }) => wantAll(listUsefulIndexes(resolved, fetcher), source)),
    );
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

/** None of a root that is of no use anyway: {@link chooseRoot} says why. */
function listUsefulIndexes(root: Descriptor, fetcher: ManifestFetcher): readonly Descriptor[] {
  try {
    return listIndexes(root, fetcher);
  } catch (error) {
    if (isBundleError(error)) return [];
    throw error;
  }
}

/**
 * A root and every index below it, read or not: platforms are chosen in all of them.
 *
 * @throws what {@link listKnownContent} throws
 */
function listIndexes(root: Descriptor, fetcher: ManifestFetcher): readonly Descriptor[] {
  return listManifests(root, fetcher).filter(
    ({ digest, mediaType }) => digest === root.digest || isIndexType(mediaType),
  );
}

/** A root and every manifest below it. @throws what {@link listKnownContent} throws */
function listManifests(root: Descriptor, { manifests }: ManifestFetcher): readonly Descriptor[] {
  return listKnownContent(root, manifests)
    .filter(({ role }) => role === "manifest")
    .map(({ descriptor }) => descriptor);
}

function findFailure(descriptors: readonly Descriptor[], fetcher: ManifestFetcher): BundleError | undefined {
  return descriptors.map(fetcher.failureOf).find((failure) => failure !== undefined);
}

/** What makes an image useless. */
function findFault(root: Descriptor, fetcher: ManifestFetcher): BundleError | undefined {
  try {
    const failure = findFailure(listManifests(root, fetcher), fetcher);
    if (failure === undefined) listContent(root, fetcher.manifests);
    return failure;
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
