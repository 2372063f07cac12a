import type { BundleError } from "../error.ts";
import { type ErrorCode, isBundleError } from "../error.ts";
import type { ContentPart, ManifestGraph } from "../plan/manifest-graph.ts";
import { listContent } from "../plan/manifest-graph.ts";
import { type FailedImage, formatTarget, type PlannedImage, toFailedImage } from "../plan/plan.ts";
import { formatReference } from "../reference.ts";

/** What ends the whole work, not one image: the disk, the user. */
const FATAL: ReadonlySet<ErrorCode> = new Set(["NO_SPACE", "FILE_FAILED", "INTERRUPTED"]);

/** Does this error concern one image only? Anything unknown does not. */
export function isImageFailure(error: unknown): error is BundleError {
  return isBundleError(error) && !FATAL.has(error.code);
}

/** Images that can be had, and those that need a blob that cannot. */
export interface SortedImages {
  readonly complete: readonly PlannedImage[];
  readonly failed: readonly FailedImage[];
}

/** Takes out the images that need one of these blobs. */
export function takeOut(
  images: readonly PlannedImage[],
  manifests: ManifestGraph,
  failures: ReadonlyMap<string, BundleError>,
): SortedImages {
  const complete: PlannedImage[] = [];
  const failed: FailedImage[] = [];
  for (const image of images) {
    const error = listContent(image.descriptor, manifests)
      .map(failureOf(failures))
      .find((found) => found !== undefined);
    if (error === undefined) complete.push(image);
    else
      failed.push(
        toFailedImage(
          formatReference(image.source),
          formatTarget(image.target, image.descriptor.digest),
          error,
        ),
      );
  }
  return { complete, failed };
}

function failureOf(
  failures: ReadonlyMap<string, BundleError>,
): (part: ContentPart) => BundleError | undefined {
  return ({ descriptor }) => failures.get(descriptor.digest);
}
