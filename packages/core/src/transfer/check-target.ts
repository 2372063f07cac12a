import type { OpenedBundle } from "../bundle/open-bundle.ts";
import { BundleError } from "../error.ts";
import { isReferrersTag } from "../referrers-tag.ts";
import { checkReplacement } from "./check-referrer.ts";
import { isImageFailure } from "./failures.ts";
import type { ImportOptions, OnExistingTag } from "./import-options.ts";
import type { PlannedImport } from "./plan-import.ts";

/** What a target has where an image is to go. */
export type TargetState =
  | { readonly kind: "unchanged" }
  /** It has nothing there, or something else. */
  | { readonly kind: "changed"; readonly previousDigest?: string }
  /** The tag stands for something else, and is to be left alone. */
  | { readonly kind: "skipped"; readonly previousDigest: string }
  | { readonly kind: "failed"; readonly error: BundleError; readonly previousDigest?: string };

/**
 * Asks the target, with one HEAD, whether it has the image. What has a tag of signatures, because the selection takes
 * all tags, must not cost those that were made inside.
 *
 * @throws what concerns more than one image
 */
export async function checkTarget(
  bundle: OpenedBundle,
  planned: PlannedImport,
  { openRepository, onExistingTag = "overwrite", signal }: ImportOptions,
): Promise<TargetState> {
  const { descriptor } = planned.image;
  const { tag } = planned.target;
  const abort = signal === undefined ? {} : { signal };
  try {
    const repository = openRepository(planned);
    const found = await repository.resolve(tag ?? descriptor.digest, abort);
    if (found === undefined) return { kind: "changed" };
    if (found.digest === descriptor.digest) return { kind: "unchanged" };
    if (tag === null || !isReferrersTag(tag)) return toMovedState(planned, found.digest, onExistingTag);
    await checkReplacement(bundle, { tag, descriptor, found }, repository, abort);
    return { kind: "changed", previousDigest: found.digest };
  } catch (error) {
    signal?.throwIfAborted();
    if (!isImageFailure(error)) throw error;
    return { kind: "failed", error };
  }
}

function toMovedState(
  { name }: PlannedImport,
  previousDigest: string,
  onExistingTag: OnExistingTag,
): TargetState {
  switch (onExistingTag) {
    case "overwrite":
      return { kind: "changed", previousDigest };
    case "skip":
      return { kind: "skipped", previousDigest };
    case "fail": {
      const error = new BundleError(
        "TAG_EXISTS",
        `Cannot push ${name}: the tag stands for ${previousDigest}`,
      );
      return { kind: "failed", error, previousDigest };
    }
  }
}
