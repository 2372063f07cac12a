import { ERROR_CODES } from "./error-codes.ts";

/** What went wrong, for programs: one of {@link ERROR_CODES}. */
export type ErrorCode = keyof typeof ERROR_CODES;

/** One of several things wrong with a file; `line` and `column` count from 1. */
export interface Problem {
  readonly code: string;
  readonly message: string;
  readonly line?: number;
  readonly column?: number;
}

/** How {@link BundleError} is built. */
export interface BundleErrorOptions {
  /** The next step for the operator: one sentence, no period. @default what {@link ERROR_CODES} advises */
  readonly hint?: string;
  /** What caused it; always kept. */
  readonly cause?: unknown;
  /** When a repeat is worth while, in milliseconds from now: what a registry's `Retry-After` said. */
  readonly retryAfterMs?: number;
  /** The next request to that host waits by itself, and this was told: whoever repeats this need do neither. */
  readonly isHeldBack?: boolean;
  /** That host has failed so often in a row that nobody repeats anything there, whatever it asks for. */
  readonly isGivenUp?: boolean;
  /** What failed is another host, to which the one that was asked sends its clients: it says nothing of that one. */
  readonly isElsewhere?: boolean;
  /** The content that is missing or wrong, where the other side names it. */
  readonly digests?: readonly string[];
  /** Everything that is wrong, where the message speaks of several things. */
  readonly problems?: readonly Problem[];
  /** What fails for the same reason whatever is pushed: all that goes to this repository, or to its registry. */
  readonly stops?: "repository" | "registry";
}

/** The one error class. Match on `code`, never on the message or on `instanceof` across packages. */
export class BundleError extends Error {
  readonly code: ErrorCode;
  /** The next step for the operator. */
  readonly hint: string;
  // Declared only: a field would be there as undefined.
  declare readonly retryAfterMs?: number;
  declare readonly isHeldBack?: boolean;
  declare readonly isGivenUp?: boolean;
  declare readonly isElsewhere?: boolean;
  declare readonly digests?: readonly string[];
  declare readonly problems?: readonly Problem[];
  declare readonly stops?: "repository" | "registry";

  constructor(code: ErrorCode, message: string, options: BundleErrorOptions = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.name = "BundleError";
    this.code = code;
    this.hint = options.hint ?? ERROR_CODES[code].action;
    if (options.retryAfterMs !== undefined) this.retryAfterMs = options.retryAfterMs;
    if (options.isHeldBack !== undefined) this.isHeldBack = options.isHeldBack;
    if (options.isGivenUp !== undefined) this.isGivenUp = options.isGivenUp;
    if (options.isElsewhere !== undefined) this.isElsewhere = options.isElsewhere;
    if (options.digests !== undefined) this.digests = options.digests;
    if (options.problems !== undefined) this.problems = options.problems;
    if (options.stops !== undefined) this.stops = options.stops;
  }
}

/** The same error with other properties: what is not named stays, also what a later version adds. */
export function changeError(
  error: BundleError,
  { message = error.message, ...changes }: BundleErrorOptions & { readonly message?: string },
): BundleError {
  return new BundleError(error.code, message, { ...error, cause: error.cause, ...changes });
}

/** Is this content that came, and is not what was asked for? */
export function isDamage(error: unknown): error is BundleError {
  return isBundleError(error, "DIGEST_INVALID") || isBundleError(error, "SIZE_INVALID");
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

/** The error as a {@link BundleError}: itself, or one with the code `UNEXPECTED` that has it as its cause. */
export function toBundleError(error: unknown): BundleError {
  if (isBundleError(error)) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new BundleError("UNEXPECTED", message, { cause: error });
}

/** The messages of an error's causes, outermost first. An error that causes itself ends the list. */
export function describeCauses(thrown: unknown): string[] {
  const seen = new Set<unknown>([thrown]);
  const messages: string[] = [];
  let cause = thrown instanceof Error ? thrown.cause : undefined;
  while (cause !== undefined && !seen.has(cause)) {
    seen.add(cause);
    messages.push(String(cause));
    cause = cause instanceof Error ? cause.cause : undefined;
  }
  return messages;
}

/** A failure as results have it: plain data. */
export interface FailureText {
  readonly code: ErrorCode;
  readonly message: string;
  /** The next step for the operator. */
  readonly hint: string;
  /** What caused it, outermost first: requests with the registry's own words, errors of the system. */
  readonly details?: readonly string[];
}

/** An error as data. */
export function describeFailure(error: BundleError): FailureText {
  const { code, message, hint } = error;
  const details = describeCauses(error);
  return { code, message, hint, ...(details.length === 0 ? {} : { details }) };
}
