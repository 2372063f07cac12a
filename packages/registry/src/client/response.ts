import { BundleError, type ErrorCode, readAll } from "@airgap-bundle/core";
import type { Dispatcher } from "undici";
import { z } from "zod";

/** An answer whose body has not been read. */
export type Response = Dispatcher.ResponseData;

/** More of an error's text helps nobody. */
const MAX_ERROR_BODY_SIZE = 64 * 1024;
const MAX_REASON_LENGTH = 500;

/** {@link https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#error-codes} */
const ErrorDocument = z.object({
  errors: z.array(z.object({ code: z.string().exactOptional(), message: z.string().exactOptional() })).min(1),
});

/** The spec's codes that say more than the status does. */
const SPEC_CODES: ReadonlySet<string> = new Set<ErrorCode>([
  "BLOB_UNKNOWN",
  "BLOB_UPLOAD_INVALID",
  "BLOB_UPLOAD_UNKNOWN",
  "DENIED",
  "DIGEST_INVALID",
  "MANIFEST_BLOB_UNKNOWN",
  "MANIFEST_INVALID",
  "MANIFEST_UNKNOWN",
  "NAME_INVALID",
  "NAME_UNKNOWN",
  "SIZE_INVALID",
  "TOOMANYREQUESTS",
  "UNAUTHORIZED",
  "UNSUPPORTED",
]);

const STATUS_CODES: ReadonlyMap<number, ErrorCode> = new Map([
  [401, "UNAUTHORIZED"],
  [403, "DENIED"],
  [405, "UNSUPPORTED"],
  [408, "UNAVAILABLE"],
  [413, "SIZE_INVALID"],
  [415, "UNSUPPORTED"],
  [429, "TOOMANYREQUESTS"],
]);

/** All of a body. @throws `SIZE_INVALID` if it is larger; `CONNECTION_FAILED` */
export async function readBody(body: AsyncIterable<Uint8Array>, maxSize: number): Promise<Uint8Array> {
  return await readAll(body, maxSize);
}

/** One header as text; of several of one name the first. */
export function headerOf(response: Response, name: string): string | undefined {
  const value = response.headers[name];
  return typeof value === "string" ? value : value?.[0];
}

/** Reads and forgets a body, so that the connection can be used again. */
export async function discard(response: Response): Promise<void> {
  await response.body.dump();
}

/** An answer that is not what was hoped for: its status and the registry's own words. `what` reads "verb object". */
export async function toRegistryError(response: Response, what: string): Promise<BundleError> {
  const { statusCode } = response;
  const said = await readReason(response);
  const code = chooseCode(statusCode, said?.code);
  const reason =
    said?.message === undefined || said.message === ""
      ? `status ${statusCode}`
      : `${said.message} (status ${statusCode})`;
  const retryAfterMs =
    statusCode === 429 || statusCode === 503 ? readRetryAfter(headerOf(response, "retry-after")) : undefined;
  const hint = HINTS.get(code);
  return new BundleError(code, `Cannot ${what}: ${reason}`, {
    ...(hint === undefined ? {} : { hint }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}

const HINTS: ReadonlyMap<ErrorCode, string> = new Map([
  [
    "UNAUTHORIZED",
    "Check the credentials and their rights: auth in the selection, docker login, or --authfile",
  ],
  ["DENIED", "Check that these credentials may do this, and that the project exists and has room"],
  ["NAME_UNKNOWN", "Check the repository's name; some registries want the project to be made first"],
  [
    "TOOMANYREQUESTS",
    "Wait until the registry's limit is renewed, or log in for a higher one, and run it again",
  ],
  ["UNAVAILABLE", "Run it again later; if it stays so, ask who runs the registry"],
]);

function chooseCode(status: number, said: string | undefined): ErrorCode {
  if (status === 429) return "TOOMANYREQUESTS";
  if (status >= 500) return "UNAVAILABLE";
  if (said !== undefined && SPEC_CODES.has(said)) return said as ErrorCode;
  return STATUS_CODES.get(status) ?? "REGISTRY_FAILED";
}

async function readReason(
  response: Response,
): Promise<{ readonly code?: string; readonly message?: string } | undefined> {
  try {
    const body = new TextDecoder().decode(await readBody(response.body, MAX_ERROR_BODY_SIZE));
    const [first] = ErrorDocument.parse(JSON.parse(body)).errors;
    const { code, message } = first ?? {};
    return {
      ...(code === undefined ? {} : { code: code.toUpperCase() }),
      ...(message === undefined ? {} : { message: message.slice(0, MAX_REASON_LENGTH) }),
    };
  } catch {
    // An HTML page of a proxy, nothing at all, or a connection that ends here: the status has to do.
    return undefined;
  }
}

/** Seconds or a date: {@link https://www.rfc-editor.org/rfc/rfc9110#field.retry-after}. */
function readRetryAfter(header: string | undefined): number | undefined {
  if (header === undefined) return undefined;
  if (/^\d+$/.test(header)) return Number(header) * 1000;
  // What begins with no weekday is no date, though the parser would make one of it.
  const date = /^[a-z]/i.test(header) ? Date.parse(header) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - Date.now());
}
