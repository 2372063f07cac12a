import type { ErrorCode } from "@airgap-bundle/core";

/** The signals that stop a command in an orderly way. */
export type StopSignal = "SIGINT" | "SIGTERM";

/** The exit statuses with a meaning of their own. */
export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  integrity: 3,
  rateLimited: 4,
  unauthorized: 5,
  moreVolumes: 6,
  SIGINT: 130,
  SIGTERM: 143,
} as const;

/** Codes that mean more than "failed". */
const STATUS: Partial<Record<ErrorCode, number>> = {
  OUTPUT_EXISTS: EXIT.usage,
  PLATFORM_UNKNOWN: EXIT.usage,
  REFERENCE_INVALID: EXIT.usage,
  SELECTION_INVALID: EXIT.usage,
  TARGET_CONFLICT: EXIT.usage,
  TARGET_MISSING: EXIT.usage,
  USAGE: EXIT.usage,
  BUNDLE_INVALID: EXIT.integrity,
  DIGEST_INVALID: EXIT.integrity,
  SIZE_INVALID: EXIT.integrity,
  TOOMANYREQUESTS: EXIT.rateLimited,
  DENIED: EXIT.unauthorized,
  UNAUTHORIZED: EXIT.unauthorized,
  INTERRUPTED: EXIT.SIGINT,
};

/** The exit status of a command that ended with this error and has no result. */
export function exitCodeOfError(code: ErrorCode): number {
  return STATUS[code] ?? EXIT.failed;
}

/** The exit status of a command whose result names images that failed with these codes. */
export function exitCodeOf(codes: readonly ErrorCode[]): number {
  if (codes.length === 0) return EXIT.done;
  const statuses = new Set(codes.map(exitCodeOfError));
  if (statuses.has(EXIT.SIGINT)) return EXIT.SIGINT;
  if (statuses.has(EXIT.integrity)) return EXIT.integrity;
  if (statuses.size > 1) return EXIT.failed;
  if (statuses.has(EXIT.rateLimited)) return EXIT.rateLimited;
  if (statuses.has(EXIT.unauthorized)) return EXIT.unauthorized;
  return EXIT.failed;
}
