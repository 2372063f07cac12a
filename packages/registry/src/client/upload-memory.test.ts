import { BundleError, type BundleErrorOptions, type ErrorCode } from "@airgap-bundle/core";
import { expect, test } from "vitest";
import { AnswerError } from "./answer-error.ts";
import { NO_WORDS } from "./registry-words.ts";
import { createUploadMemory, type UploadMemory } from "./upload-memory.ts";

const SIZE = 1024 ** 3;
const CUT = new BundleError("CONNECTION_FAILED", "Cannot push it: the connection was cut");

/** What a registry has answered to bytes of a blob. */
function refusal(code: ErrorCode, status: number, options: BundleErrorOptions = {}): BundleError {
  const line = { method: "PUT", url: "https://r.io/v2/app/blobs/uploads/1" };
  const cause = new AnswerError(line, { status, words: NO_WORDS });
  return new BundleError(code, `Cannot push it: status ${status}`, { cause, ...options });
}

/** A memory in which one blob has found another way, while a second one is still sent in one PUT. */
function learnChunks(): UploadMemory {
  const memory = createUploadMemory();
  memory.replace({ plan: { kind: "put" }, error: CUT, size: SIZE, cuts: 2 });
  expect(memory.plan().kind).toBe("chunks");
  return memory;
}

test.each([
  ["a cut connection", CUT],
  ["a refusal of its size", refusal("SIZE_INVALID", 413)],
  ["a refusal of the way", refusal("UNSUPPORTED", 405)],
])("a blob that was sent in the old way is sent in the new one after %s", (_what, error) => {
  const memory = learnChunks();

  expect(memory.replace({ plan: { kind: "put" }, error, size: SIZE, cuts: 0 })).toBe(true);
});

test.each([
  ["rights or a quota", refusal("DENIED", 403, { stops: "repository" })],
  ["a login", refusal("UNAUTHORIZED", 401)],
  ["a registry that is read-only", refusal("UNSUPPORTED", 405, { stops: "registry" })],
  ["a full disk", refusal("UNAVAILABLE", 507, { stops: "registry" })],
  ["an overloaded registry, which whoever tries again will ask", refusal("UNAVAILABLE", 503)],
  ["what is no answer", new Error("the bundle cannot be read")],
])("a blob that was sent in the old way is not sent once more for %s", (_what, error) => {
  const memory = learnChunks();

  expect(memory.replace({ plan: { kind: "put" }, error, size: SIZE, cuts: 0 })).toBe(false);
});
