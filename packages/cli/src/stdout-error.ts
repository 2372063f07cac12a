import { BundleError, describeFileError, isNoSpace } from "@airgap-bundle/core/basics";

/** The error of a write to stdout. `what` was to go there: `the bundle`. */
export function toStdoutError(cause: unknown, what: string): BundleError {
  const start = `Cannot write ${what} to stdout`;
  if (isNoSpace(cause)) {
    const hint = "Make room on that file system, or send stdout elsewhere, and run it again";
    return new BundleError("NO_SPACE", `${start}: no space is left`, { cause, hint });
  }
  const hasEnded = cause instanceof Error && "code" in cause && cause.code === "EPIPE";
  const reason = hasEnded ? "the reader has ended" : describeFileError(cause);
  return new BundleError("FILE_FAILED", `${start}: ${reason}`, {
    cause,
    hint: "Look at what the program behind the pipe says",
  });
}
