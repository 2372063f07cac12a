import { BundleError, type ErrorCode, readAll } from "@airgap-bundle/core";
import type { Dispatcher } from "undici";
import { maskSecrets } from "../credentials/mask-secrets.ts";
import { AnswerError, type RequestLine } from "./answer-error.ts";
import { explainRefusal } from "./refusals.ts";
import { cleanWords, NO_WORDS, type RegistryWords, readWords } from "./registry-words.ts";
import { readRetryAfter, readSpokenRetryAfter } from "./retry-after.ts";

/** An answer whose body has not been read. */
export interface Response extends Pick<Dispatcher.ResponseData, "statusCode" | "headers"> {
  readonly body: AsyncIterable<Uint8Array> & { readonly dump: () => Promise<unknown> };
  /** What the request carried that nobody may see: an answer that repeats it is not quoted so. */
  readonly secrets?: readonly string[];
  /** Tells that the body was lost, and gives the error to throw: further requests to that host wait a while. */
  readonly lost?: (error: BundleError) => BundleError;
}

/** Of a larger error page nothing is read. */
const MAX_ERROR_BODY_SIZE = 64 * 1024;
/** The names that registries and clouds give a request, for whoever looks into their logs. */
const REQUEST_IDS = [
  "x-request-id",
  "x-amzn-requestid",
  "x-ms-correlation-request-id",
  "cf-ray",
  "x-amz-request-id",
];

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
  [501, "UNSUPPORTED"],
]);

/** One header as text; of several of one name the first. */
export function headerOf(response: Response, name: string): string | undefined {
  const value = response.headers[name];
  return typeof value === "string" ? value : value?.[0];
}

/** One header for messages: short, and without what was sent to be authorised. Empty if there is none. */
export function wordsOf(response: Response, name: string): string {
  return cleanWords(maskSecrets(headerOf(response, name) ?? "", response.secrets ?? [])).slice(0, 100);
}

/** The type of its content in lower case, without parameters; empty if it names none. */
export function mediaTypeOf(response: Response): string {
  return headerOf(response, "content-type")?.split(";", 1)[0]?.trim().toLowerCase() ?? "";
}

/** Does a host that answers so ask to be left alone for a while? */
export function isOverloaded({ statusCode }: Response): boolean {
  return statusCode === 408 || statusCode === 429 || (statusCode >= 500 && statusCode !== 501);
}

/** Reads and forgets a body, so that the connection can be used again. */
export async function discard(response: Response): Promise<void> {
  await response.body.dump();
}

/**
 * An answer that is not what was hoped for: what it means and the registry's own words. `what` reads "verb object". Its
 * cause is the request's line with those words.
 */
export async function toRegistryError(
  response: Response,
  what: string,
  request: RequestLine,
): Promise<BundleError> {
  const { statusCode: status } = response;
  const words = await readErrorWords(response);
  const cause = new AnswerError(request, { status, words });
  const meaning = explainAnswer(cause);
  const code = meaning?.code ?? chooseCode(cause);
  const retryAfterMs =
    status === 429 || status === 503
      ? (readRetryAfter(headerOf(response, "retry-after")) ?? readSpokenRetryAfter(words.message))
      : undefined;
  return new BundleError(code, `Cannot ${what}: ${describe(response, words, meaning?.says)}`, {
    cause,
    ...(meaning === undefined ? {} : { hint: meaning.hint }),
    ...(meaning?.stops === undefined ? {} : { stops: meaning.stops }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(words.digests.length === 0 ? {} : { digests: words.digests }),
  });
}

/** Not an error by its status, yet nothing that a registry answers: a web page, a login page of a network. */
const NO_REGISTRY = {
  says: "it answers as no registry does",
  hint: "Check that the host is a registry, not its web page or the login page of a network",
};

function explainAnswer({
  status,
  words,
  purpose,
  repository,
}: AnswerError): ReturnType<typeof explainRefusal> {
  if (status < 400) return NO_REGISTRY;
  const message = withoutName(words.message ?? "", repository);
  return explainRefusal({ purpose, status, codes: words.codes, message });
}

/** A repository `infra/quota-exporter` in a registry's words is no word about a quota. */
function withoutName(message: string, repository: string | undefined): string {
  if (repository === undefined) return message;
  const parts = repository.split("/");
  const compounds = [repository, ...parts].filter((part) => /[./_-]/.test(part));
  const rest = compounds.reduce((text, name) => text.replaceAll(name, "…"), message);
  // A name that could be any word is one only where it stands as a name.
  return parts.reduce((text, name) => text.replaceAll(new RegExp(`(["'\`/])${name}\\b`, "g"), "$1…"), rest);
}

function chooseCode({ status, words, purpose }: AnswerError): ErrorCode {
  const { code = "" } = words;
  if (status === 429) return "TOOMANYREQUESTS";
  if (status >= 500 && status !== 501) return "UNAVAILABLE";
  if (SPEC_CODES.has(code)) return code as ErrorCode;
  // registry.redhat.io says code 404 or plain text for a manifest that is not there, Harbor 2.10 UNKNOWN.
  if (status === 404 && purpose === "read-manifest") return "MANIFEST_UNKNOWN";
  if (status === 404 && purpose === "read-blob") return "BLOB_UNKNOWN";
  return STATUS_CODES.get(status) ?? "REGISTRY_FAILED";
}

/** `MEANING: WORDS (status 400, one of 2 errors)`, as far as there is anything. */
function describe(response: Response, words: RegistryWords, says: string | undefined): string {
  const { statusCode: status } = response;
  const { message, digests, errors } = words;
  const unsaid = digests.filter((digest) => message?.includes(digest) !== true);
  const said = [says, message, unsaid.length === 0 ? undefined : unsaid.slice(0, 3).join(", ")]
    .filter((part) => part !== undefined)
    .join(": ");
  const requestId = status < 500 ? undefined : nameRequest(response);
  const about = [
    `status ${status}`,
    ...(errors > 1 ? [`one of ${errors} errors`] : []),
    ...(requestId === undefined ? [] : [`request ${requestId}`]),
  ].join(", ");
  return said === "" ? about : `${said} (${about})`;
}

function nameRequest(response: Response): string | undefined {
  const name = REQUEST_IDS.find((one) => headerOf(response, one) !== undefined);
  return name === undefined ? undefined : wordsOf(response, name);
}

async function readErrorWords(response: Response): Promise<RegistryWords> {
  try {
    const body = new TextDecoder().decode(await readAll(response.body, MAX_ERROR_BODY_SIZE));
    return readWords(body, response.secrets);
  } catch {
    // A page without end, or a connection that ends here: the status has to do.
    return NO_WORDS;
  }
}
