import { type ErrorCode, toBundleError } from "@airgap-bundle/core";

/** What a request is answered with, as data. A HEAD is answered as a GET, without its body. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | AsyncIterable<Uint8Array>;
}

/** {@link https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#error-codes} */
const STATUSES: Readonly<Partial<Record<ErrorCode, number>>> = {
  BLOB_UNKNOWN: 404,
  BLOB_UPLOAD_INVALID: 400,
  BLOB_UPLOAD_UNKNOWN: 404,
  DENIED: 403,
  DIGEST_INVALID: 400,
  MANIFEST_BLOB_UNKNOWN: 400,
  MANIFEST_INVALID: 400,
  MANIFEST_UNKNOWN: 404,
  NAME_INVALID: 400,
  NAME_UNKNOWN: 404,
  // Only ever a manifest that is too large: the size of a blob is what came.
  SIZE_INVALID: 413,
  TOOMANYREQUESTS: 429,
  UNAUTHORIZED: 401,
  UNSUPPORTED: 405,
};

/** How an error's answer differs from what its code means. */
export interface ErrorAnswerOptions {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An answer whose body is a JSON document. */
export function jsonAnswer(
  status: number,
  document: object,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  const body = Buffer.from(JSON.stringify(document));
  return {
    status,
    headers: { "content-type": "application/json", "content-length": `${body.length}`, ...headers },
    body,
  };
}

/** An answer without a body. */
export function emptyAnswer(status: number, headers: Readonly<Record<string, string>> = {}): Answer {
  return { status, headers: status === 204 ? headers : { "content-length": "0", ...headers } };
}

/** The spec's error document: {@link https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#error-codes}. */
export function errorAnswer(
  code: ErrorCode | "UNKNOWN",
  message: string,
  options: ErrorAnswerOptions = {},
): Answer {
  const { status = statusOf(code), headers } = options;
  return jsonAnswer(status, { errors: [{ code, message }] }, headers);
}

/** The answer to a failure: its code where the spec has it, else 500 without a word about the inside, which `report` is told. */
export function failureAnswer(error: unknown, report: (error: unknown) => void): Answer {
  const { code, message } = toBundleError(error);
  if (STATUSES[code] !== undefined) return errorAnswer(code, message);
  report(error);
  return errorAnswer("UNKNOWN", "the registry failed");
}

function statusOf(code: ErrorCode | "UNKNOWN"): number {
  return code === "UNKNOWN" ? 500 : (STATUSES[code] ?? 500);
}
