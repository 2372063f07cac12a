import { BundleError, describeFileError, isNoSpace } from "@airgap-bundle/core/basics";

/** The error of a file that could not be written, which `flag` named. */
export function toOutputError(
  { path, flag }: { readonly path: string; readonly flag: string },
  cause: unknown,
): BundleError {
  const isFull = isNoSpace(cause);
  const reason = isFull ? "no space is left" : describeFileError(cause);
  return new BundleError(isFull ? "NO_SPACE" : "FILE_FAILED", `Cannot write ${flag} ${path}: ${reason}`, {
    cause,
    hint: `Name a file elsewhere with ${flag}${isFull ? ", or make room there" : ""}`,
  });
}
