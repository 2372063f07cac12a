import { isBundleError } from "@airgap-bundle/core";
import { type AnswerError, answerOf } from "./answer-error.ts";

/**
 * How the bytes of a blob are sent: in one PUT, in one PATCH before an empty PUT, or in PATCHes of `size` bytes.
 * {@link https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pushing-blobs}
 */
export type UploadPlan =
  | { readonly kind: "put" }
  | { readonly kind: "patch" }
  | { readonly kind: "chunks"; readonly size: number };

const MIB = 1024 * 1024;

/** What is tried below a size that was refused: under Cloudflare's 100 MB, the least that ECR takes, under nginx's 1 MiB. */
const CHUNK_SIZES = [64 * MIB, 5 * MIB, MIB / 2];
/** Of a connection that is cut again and again the size is but a guess: many small requests would cost more. */
const GUESSED_SIZES = CHUNK_SIZES.slice(0, 2);

/** A limit below it is none of requests; and the blob would never be gone. */
const MIN_CHUNK_SIZE = 64 * 1024;

/** Answers that say by themselves that bytes cannot be sent in this way. */
const METHOD_STATUSES: ReadonlySet<number> = new Set([405, 416, 501]);
/** With these codes, answers with 400 and 404 say it too. */
const METHOD_CODES = ["BLOB_UPLOAD_INVALID", "UNSUPPORTED"];

/** A way of sending that failed. */
export interface FailedPlan {
  readonly plan: UploadPlan;
  readonly error: unknown;
  /** Bytes of the blob. */
  readonly size: number;
  /** Has this way worked with this registry before? Then it is not to blame. */
  readonly isProven: boolean;
  /** How often the connection was cut in the middle of this blob. */
  readonly cuts: number;
}

/** Does the failure say something about the way, or may it pass? */
export function isRefusal(error: unknown): boolean {
  return isTooLarge(error) || readSizeLimit(error) !== undefined || isMethodRefusal(error);
}

/** An answer that may be about the way: what is forbidden, over a quota or read-only is so in every way. */
function answerAboutWay(error: unknown): AnswerError | undefined {
  const isAboutPlace = isBundleError(error) && (error.code === "DENIED" || error.stops !== undefined);
  return isAboutPlace ? undefined : answerOf(error);
}

function isTooLarge(error: unknown): boolean {
  return answerAboutWay(error)?.status === 413;
}

/** For messages. */
export function describePlan(plan: UploadPlan): string {
  switch (plan.kind) {
    case "put":
      return "one PUT";
    case "patch":
      return "one PATCH";
    case "chunks":
      return `chunks of ${plan.size} bytes`;
  }
}

/** The way to try next; undefined if the failure says nothing about the way. Pure. */
export function nextPlan(failed: FailedPlan, refused: ReadonlySet<string>): UploadPlan | undefined {
  const { plan, error } = failed;
  const limited = isSizeRefusal(failed) ? smallerChunks(failed) : undefined;
  if (limited !== undefined) return limited;
  const raised = largerChunks(failed);
  if (raised !== undefined) return raised;
  if (failed.isProven || !isMethodRefusal(error)) return undefined;
  // Old Artifactory takes bytes in PATCH only; Artifact Registry takes them in PUT only.
  const other: UploadPlan = plan.kind === "put" ? { kind: "patch" } : { kind: "put" };
  return refused.has(describePlan(other)) ? undefined : other;
}

/** A refusal of the size of requests: told so, or the connection cut again and again, as some proxies do. */
function isSizeRefusal({ error, cuts }: FailedPlan): boolean {
  if (isTooLarge(error)) return true;
  return readSizeLimit(error)?.kind === "most" || (cuts > 1 && isBundleError(error, "CONNECTION_FAILED"));
}

function smallerChunks({ plan, size, error }: FailedPlan): UploadPlan | undefined {
  const refusedSize = plan.kind === "chunks" ? Math.min(plan.size, size) : size;
  const limit = readSizeLimit(error);
  const known = isTooLarge(error) ? CHUNK_SIZES : GUESSED_SIZES;
  const sizes = limit?.kind === "most" ? [limit.size] : known;
  const smaller = sizes.find((candidate) => candidate < refusedSize);
  return smaller === undefined ? undefined : { kind: "chunks", size: smaller };
}

function largerChunks({ plan, error }: FailedPlan): UploadPlan | undefined {
  const limit = readSizeLimit(error);
  if (plan.kind !== "chunks" || limit?.kind !== "least" || limit.size <= plan.size) return undefined;
  return { kind: "chunks", size: limit.size };
}

function isMethodRefusal(error: unknown): boolean {
  const answer = answerAboutWay(error);
  if (answer === undefined) return false;
  const { status, words } = answer;
  // Nexus, when the same blob arrives on another connection: it has nothing to do with the way.
  if (/cannot be updated/i.test(words.message ?? "")) return false;
  if (METHOD_STATUSES.has(status)) return true;
  return (status === 400 || status === 404) && words.codes.some((code) => METHOD_CODES.includes(code));
}

/**
 * The number in a refusal: GHCR's "exceeds maximum permissible limit of 4.00MiB", ECR's "Layer parts must be at least 5
 * MiB in size".
 */
function readSizeLimit(
  error: unknown,
): { readonly kind: "most" | "least"; readonly size: number } | undefined {
  const message = answerAboutWay(error)?.words.message ?? "";
  const [, kind = "", count = "", unit = ""] =
    /(at least|minimum|maximum|at most|exceeds)[^.\d]*(\d+(?:\.\d+)?) ?(MiB|MB|KiB|KB|bytes)/i.exec(
      message,
    ) ?? [];
  const size = Math.floor(Number(count) * (UNITS[unit.toLowerCase()] ?? 0));
  if (/least|minimum/i.test(kind)) return { kind: "least", size };
  return size < MIN_CHUNK_SIZE ? undefined : { kind: "most", size };
}

const UNITS: Readonly<Record<string, number>> = { mib: MIB, mb: 1e6, kib: 1024, kb: 1000, bytes: 1 };
