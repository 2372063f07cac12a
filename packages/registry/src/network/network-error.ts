import type { ErrorCode } from "@airgap-bundle/core";

/** What {@link NetworkError} is built with. */
export interface NetworkErrorOptions {
  /** The next step for the operator: one sentence, no period. */
  readonly hint?: string | undefined;
  readonly cause?: unknown;
}

/**
 * Why the way to a host failed, told without the request that was to go there: its message is what stands behind
 * "Cannot VERB OBJECT". It never leaves this package.
 */
export class NetworkError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;

  constructor(code: ErrorCode, reason: string, { hint, cause }: NetworkErrorOptions = {}) {
    super(reason, cause === undefined ? {} : { cause });
    this.name = "NetworkError";
    this.code = code;
    this.hint = hint;
  }
}
