import {
  type AbortOptions,
  BundleError,
  changeError,
  type Descriptor,
  isBundleError,
  MEDIA_TYPES,
} from "@airgap-bundle/core";
import type { ContentReader } from "./content-reader.ts";
import { EXTERNAL_URL_HINT, withDigest } from "./location.ts";
import { nameOf, pushScopes, type Remote } from "./remote.ts";
import { discard, headerOf, type Response, wordsOf } from "./response.ts";
import { nextOffset } from "./stored-range.ts";
import type { UploadPlan } from "./upload-plan.ts";
import { locate, type UploadSession } from "./upload-session.ts";

/** Registries on object stores read a whole layer again before they answer. */
const UPLOAD_ANSWER_TIMEOUT_MS = 30 * 60_000;

/** Chunks of which a registry keeps only a part: more of them, and it never ends. */
const MAX_SHORT_CHUNKS = 5;

/** A blob on its way to a repository. */
export interface Upload extends AbortOptions {
  readonly remote: Remote;
  readonly descriptor: Descriptor;
  readonly reader: ContentReader;
}

/** Bytes that go with one request; none if `start` is `end`. */
interface Part {
  readonly start: number;
  readonly end: number;
}

/**
 * Sends a blob's bytes into a session and ends it. Resolves to the last answer.
 *
 * @throws what the content fails with; what the registry answers; `BLOB_UPLOAD_INVALID` if it answers before it has all
 */
export async function sendContent(
  upload: Upload,
  plan: UploadPlan,
  session: UploadSession,
): Promise<Response> {
  const { size } = upload.descriptor;
  switch (plan.kind) {
    case "put":
      return await finish(upload, session, { start: 0, end: size });
    case "patch":
      await sendPart(upload, session, { start: 0, end: size });
      break;
    case "chunks":
      await sendChunks(upload, session, Math.max(plan.size, session.minChunkSize));
      break;
  }
  return await finish(upload, session, { start: size, end: size });
}

async function sendChunks(upload: Upload, session: UploadSession, chunkSize: number): Promise<void> {
  const { size } = upload.descriptor;
  let offset = 0;
  let shortChunks = 0;
  while (offset < size) {
    const part = { start: offset, end: Math.min(offset + chunkSize, size) };
    const answer = await sendPart(upload, session, part, {
      "content-range": `${part.start}-${part.end - 1}`,
    });
    const next = nextOffset(answer, part);
    if (next !== undefined && next < part.end) shortChunks += 1;
    if (next === undefined || shortChunks > MAX_SHORT_CHUNKS) {
      throw new BundleError(
        "BLOB_UPLOAD_INVALID",
        `Cannot ${whatOf(upload)}: the registry says it holds ${answer.said} after bytes ${part.start} to ${part.end - 1} were sent`,
      );
    }
    offset = next;
  }
}

/** What a registry says after a part has come. */
interface PartAnswer {
  readonly status: number;
  readonly range: string | undefined;
  /** The same for messages. */
  readonly said: string;
}

/** Answers with 201 are ECR's, with 204 those of some proxies. The newest location counts; without one the last is kept. */
async function sendPart(
  upload: Upload,
  session: UploadSession,
  part: Part,
  headers: Readonly<Record<string, string>> = {},
): Promise<PartAnswer> {
  const url = session.location();
  upload.remote.onRequest?.("patchBlob");
  const response = await sendBody(upload, { method: "PATCH", url, part, headers, expected: [202, 201, 204] });
  const location = headerOf(response, "location");
  if (location !== undefined)
    session.moveTo(await locate(upload.remote, location, { url, what: whatOf(upload) }));
  return {
    status: response.statusCode,
    range: headerOf(response, "range"),
    said: wordsOf(response, "range"),
  };
}

async function finish(upload: Upload, session: UploadSession, part: Part): Promise<Response> {
  upload.remote.onRequest?.("putBlob");
  return await sendBody(upload, {
    method: "PUT",
    url: withDigest(session.location(), upload.descriptor.digest),
    part,
    headers: {},
    expected: [201, 200, 202, 204],
  });
}

interface PartRequest {
  readonly method: "PUT" | "PATCH";
  readonly url: string;
  readonly part: Part;
  readonly headers: Readonly<Record<string, string>>;
  readonly expected: readonly number[];
}

/** An answer before all bytes are gone looks like a success: what was taken is counted. */
async function sendBody(upload: Upload, request: PartRequest): Promise<Response> {
  const { remote, reader, signal } = upload;
  const { method, url, part, headers, expected } = request;
  const { start, end } = part;
  try {
    const response = await remote.transport.send({
      method,
      url,
      scopes: pushScopes(remote),
      headers: { ...headers, "content-type": MEDIA_TYPES.octetStream, "content-length": `${end - start}` },
      body: start === end ? () => new Uint8Array() : () => reader.read(start, end),
      expected,
      what: whatOf(upload),
      attempts: 1,
      answerTimeoutMs: UPLOAD_ANSWER_TIMEOUT_MS,
      isLarge: start !== end,
      signal,
    });
    await discard(response);
    if (start === end || reader.taken() === end - start) return response;
  } catch (error) {
    // What the content itself failed with says more than the broken connection that follows.
    throw reader.failure() ?? (await blameLocation(remote, url, error));
  }
  throw new BundleError(
    "BLOB_UPLOAD_INVALID",
    `Cannot ${whatOf(upload)}: the registry answered after ${reader.taken()} of ${end - start} bytes`,
  );
}

/** A registry that does not know its external URL sends uploads to where nobody can be reached. */
async function blameLocation({ transport }: Remote, url: string, error: unknown): Promise<unknown> {
  const { origin } = new URL(url);
  if (!isBundleError(error) || origin === (await transport.origin())) return error;
  if (error.code !== "CONNECTION_FAILED" && error.code !== "TLS_FAILED") return error;
  const message = `${error.message}, at ${origin}, where the registry sends uploads`;
  return changeError(error, { message, hint: EXTERNAL_URL_HINT });
}

function whatOf({ remote, descriptor }: Upload): string {
  return `push blob ${descriptor.digest} to ${nameOf(remote)}`;
}
