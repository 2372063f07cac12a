import type { OpenedBundle } from "../bundle/open-bundle.ts";
import type { BundleError } from "../error.ts";
import { isReferrersTag } from "../referrers-tag.ts";
import type { AbortOptions } from "../repository.ts";
import { checkReplacement } from "./check-referrer.ts";
import { isImageFailure } from "./failures.ts";
import type { ImportOptions } from "./import-options.ts";
import type { PlannedImport } from "./plan-import.ts";

/** What a target has where an image is to go. */
export type TargetState =
  | { readonly kind: "unchanged" }
  /** It has nothing there, or something else. */
  | { readonly kind: "changed"; readonly previousDigest?: string }
  | { readonly kind: "failed"; readonly error: BundleError };

/**
 * Asks the target, with one HEAD, whether it has the image. What has a tag of signatures, because the selection takes
 * all tags, must not cost those that were made inside.
 *
 * @throws what concerns more than one image
 */
export async function checkTarget(
  bundle: OpenedBundle,
  planned: PlannedImport,
  openRepository: ImportOptions["openRepository"],
  options: AbortOptions,
): Promise<TargetState> {
  const { descriptor } = planned.image;
  const { tag } = planned.target;
  try {
    const repository = openRepository(planned);
    const found = await repository.resolve(tag ?? descriptor.digest, options);
    if (found === undefined) return { kind: "changed" };
    if (found.digest === descriptor.digest) return { kind: "unchanged" };
    if (tag !== null && isReferrersTag(tag))
      await checkReplacement(bundle, { tag, descriptor, found }, repository, options);
    return { kind: "changed", previousDigest: found.digest };
  } catch (error) {
    options.signal?.throwIfAborted();
    if (!isImageFailure(error)) throw error;
    return { kind: "failed", error };
  }
}
