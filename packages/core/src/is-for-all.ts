import type { BundleError, ErrorCode } from "./error.ts";

/** The disk, the user. */
const CODES: ReadonlySet<ErrorCode> = new Set(["NO_SPACE", "FILE_FAILED", "INTERRUPTED"]);

/** Does this end all work, whatever it was for, rather than fail one image, manifest or blob? */
export function isForAll({ code }: BundleError): boolean {
  return CODES.has(code);
}
