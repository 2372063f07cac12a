import type { BundleError } from "../error.ts";
import type { AbortOptions } from "../repository.ts";
import { isImageFailure } from "./failures.ts";
import type { ImportOptions } from "./import-options.ts";
import type { PlannedImport } from "./plan-import.ts";

/** What a target has where an image is to go. */
export type TargetState =
  | { readonly kind: "unchanged" }
  /** It has nothing there, or something else. */
  | { readonly kind: "changed"; readonly previousDigest?: string }
  | { readonly kind: "failed"; readonly error: BundleError };

/** Asks the target, with one HEAD, whether it has the image. @throws what concerns more than one image */
export async function checkTarget(
  planned: PlannedImport,
  openRepository: ImportOptions["openRepository"],
  options: AbortOptions,
): Promise<TargetState> {
  const { image, target } = planned;
  try {
    const found = await openRepository(planned).resolve(target.tag ?? image.descriptor.digest, options);
    if (found === undefined) return { kind: "changed" };
    return found.digest === image.descriptor.digest
      ? { kind: "unchanged" }
      : { kind: "changed", previousDigest: found.digest };
  } catch (error) {
    options.signal?.throwIfAborted();
    if (!isImageFailure(error)) throw error;
    return { kind: "failed", error };
  }
}
