/**
 * What went wrong, for programs. The first group is the distribution-spec's own
 * ({@link https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#error-codes}), the rest is ours.
 */
export type ErrorCode =
  | "BLOB_UNKNOWN"
  | "BLOB_UPLOAD_INVALID"
  | "BLOB_UPLOAD_UNKNOWN"
  | "DENIED"
  | "DIGEST_INVALID"
  | "MANIFEST_BLOB_UNKNOWN"
  | "MANIFEST_INVALID"
  | "MANIFEST_UNKNOWN"
  | "NAME_INVALID"
  | "NAME_UNKNOWN"
  | "SIZE_INVALID"
  | "TOOMANYREQUESTS"
  | "UNAUTHORIZED"
  | "UNSUPPORTED"
  // A registry that cannot be reached, is out of order for now, or whose answer makes no sense.
  | "CONNECTION_FAILED"
  | "TLS_FAILED"
  | "UNAVAILABLE"
  | "REGISTRY_FAILED"
  // A selection, a plan.
  | "PLATFORM_UNKNOWN"
  | "REFERENCE_INVALID"
  | "SELECTION_INVALID"
  | "TARGET_CONFLICT"
  | "TARGET_MISSING"
  // A bundle, a file.
  | "BUNDLE_INVALID"
  | "BUNDLE_UNSUPPORTED"
  | "FILE_FAILED"
  | "NO_SPACE"
  | "OUTPUT_EXISTS"
  // The command itself.
  | "INTERRUPTED"
  | "UNEXPECTED"
  | "USAGE";

/** How {@link BundleError} is built. */
export interface BundleErrorOptions {
  /** The next step for the operator: one sentence, no period. */
  readonly hint?: string;
  /** What caused it; always kept. */
  readonly cause?: unknown;
  /** When a repeat is worth while, in milliseconds from now: what a registry's `Retry-After` said. */
  readonly retryAfterMs?: number;
  /** The content that is missing or wrong, where the other side names it. */
  readonly digests?: readonly string[];
}

/** The one error class. Match on `code`, never on the message or on `instanceof` across packages. */
export class BundleError extends Error {
  readonly code: ErrorCode;
  // Declared only: a field would be there as undefined.
  declare readonly hint?: string;
  declare readonly retryAfterMs?: number;
  declare readonly digests?: readonly string[];

  constructor(code: ErrorCode, message: string, options: BundleErrorOptions = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.name = "BundleError";
    this.code = code;
    if (options.hint !== undefined) this.hint = options.hint;
    if (options.retryAfterMs !== undefined) this.retryAfterMs = options.retryAfterMs;
    if (options.digests !== undefined) this.digests = options.digests;
  }
}

/** Is this a {@link BundleError}, with that code if one is given? */
export function isBundleError(error: unknown, code?: ErrorCode): error is BundleError {
  return (
    error instanceof Error &&
    error.name === "BundleError" &&
    "code" in error &&
    (code === undefined || error.code === code)
  );
}

/**
 * What caused an error, outermost first, as text: for a refusal the request's line and the registry's own words. An error
 * that causes itself ends the list.
 */
export function listCauses(error: unknown): readonly string[] {
  const seen = new Set<unknown>([error]);
  const causes: string[] = [];
  let cause = error instanceof Error ? error.cause : undefined;
  while (cause !== undefined && !seen.has(cause)) {
    seen.add(cause);
    causes.push(cause instanceof Error ? cause.message : String(cause));
    cause = cause instanceof Error ? cause.cause : undefined;
  }
  return causes;
}

/** What results tell of an error. */
export interface Failure {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint?: string;
  readonly causes?: readonly string[];
}

/** An error as results have it, with what caused it. */
export function toFailure(error: BundleError): Failure {
  const { code, message, hint } = error;
  const causes = listCauses(error);
  return {
    code,
    message,
    ...(hint === undefined ? {} : { hint }),
    ...(causes.length === 0 ? {} : { causes }),
  };
}

/** The error as a {@link BundleError}: itself, or one with the code `UNEXPECTED` that has it as its cause. */
export function toBundleError(error: unknown): BundleError {
  if (isBundleError(error)) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new BundleError("UNEXPECTED", message, { cause: error });
}
