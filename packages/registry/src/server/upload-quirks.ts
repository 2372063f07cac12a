import { type Answer, emptyAnswer, errorAnswer } from "./answer.ts";
import { bodyLength, type Call } from "./call.ts";
import { parseContentRange } from "./range.ts";

/** What registries, and proxies in front of them, do to uploads. */
export interface UploadQuirks {
  /**
   * `Location` in place of a session's path, as its registry or a proxy names it: absolute, with http behind a TLS proxy,
   * without the port, at another host (Azure), none at all.
   */
  readonly location?: (path: string, host: string) => string | undefined;
  /** Most bytes of a request, as nginx (`client_max_body_size`) and Cloudflare have it, which answer with a page. */
  readonly maxBodySize?: number;
  /** A PUT that brings bytes is refused, as old Artifactory does. */
  readonly putRefused?: boolean;
  /** Every PATCH is refused, as Google's Artifact Registry does. */
  readonly patchRefused?: boolean;
  /** Most bytes of a chunk, as GHCR has it (4 MiB). */
  readonly maxChunkSize?: number;
  /** Least bytes of a first chunk, as ECR has it (5 MiB). */
  readonly minChunkSize?: number;
  /** What `OCI-Chunk-Min-Length` announces. */
  readonly announcedChunkSize?: number;
  /** A PATCH is answered so: ECR with 201, some proxies with 204. */
  readonly patchStatus?: number;
  /** The PUT that ends an upload is answered so: 200, 202, 204. */
  readonly putStatus?: number;
  /** What `Range` says in place of the truth, as ECR's, which is stale; undefined: nothing. */
  readonly range?: (range: string) => string | undefined;
  /** Bytes of each chunk that are kept. */
  readonly keptChunkSize?: number;
  /** Is the session of this request gone, as on a registry of which each copy has its own `http.secret`? */
  readonly isSessionLost?: (method: string) => boolean;
  /** Mounting is answered so: 201 means that it seems done, as where garbage was collected a moment before. */
  readonly mountStatus?: number;
}

/** Answers a request for an upload as a registry with these quirks does; `answer` is how it should be. */
export async function answerUploadOddly<C extends Call>(
  call: C,
  answer: (call: C) => Promise<Answer>,
): Promise<Answer> {
  const quirks = call.quirks.uploads;
  if (quirks === undefined) return await answer(call);
  const refusal = refuseUpload(call, quirks);
  if (refusal !== undefined) return refusal;
  return changeAnswer(call, quirks, await answer(keepLess(call, quirks)));
}

function refuseUpload(call: Call, quirks: UploadQuirks): Answer | undefined {
  const { method, route } = call;
  const length = bodyLength(call) ?? 0;
  if (length > (quirks.maxBodySize ?? Number.POSITIVE_INFINITY)) return pageAnswer();
  if (route.kind === "uploads") {
    const { mountStatus } = quirks;
    return route.mount === undefined || mountStatus === undefined ? undefined : emptyAnswer(mountStatus);
  }
  if (quirks.isSessionLost?.(method) === true)
    return errorAnswer("BLOB_UPLOAD_UNKNOWN", "blob upload unknown to registry");
  if (method === "PUT" && length > 0 && quirks.putRefused === true)
    return errorAnswer("UNSUPPORTED", "the operation is unsupported", { status: 404 });
  return method === "PATCH" ? refuseChunk(call, quirks, length) : undefined;
}

function refuseChunk(call: Call, quirks: UploadQuirks, length: number): Answer | undefined {
  const { maxChunkSize, minChunkSize, patchRefused } = quirks;
  const status = 416;
  if (patchRefused === true) {
    const message = "chunked uploads are not supported, a monolithic upload is required";
    return errorAnswer("UNSUPPORTED", message, { status: 400 });
  }
  if (maxChunkSize !== undefined && length > maxChunkSize) {
    const limit = (maxChunkSize / 1024 / 1024).toFixed(2);
    return errorAnswer("UNKNOWN", `chunk size exceeds maximum permissible limit of ${limit}MiB`, { status });
  }
  const isFirst = parseContentRange(call.header("content-range") ?? "")?.start === 0;
  if (minChunkSize === undefined || !isFirst || length >= minChunkSize) return undefined;
  const message = `Layer parts must be at least ${minChunkSize} bytes in size`;
  return errorAnswer("BLOB_UPLOAD_INVALID", message, { status: 400 });
}

function keepLess<C extends Call>(call: C, { keptChunkSize }: UploadQuirks): C {
  if (keptChunkSize === undefined || call.method !== "PATCH") return call;
  return { ...call, readBody: () => takeFirst(call.readBody(), keptChunkSize) };
}

async function* takeFirst(content: AsyncIterable<Uint8Array>, size: number): AsyncGenerator<Uint8Array> {
  let left = size;
  for await (const chunk of content) {
    if (left > 0) yield chunk.subarray(0, left);
    left -= Math.min(left, chunk.length);
  }
}

function changeAnswer(call: Call, quirks: UploadQuirks, answer: Answer): Answer {
  const { method, route } = call;
  if (answer.status >= 300) return answer;
  const isEnd = answer.status === 201;
  const status = isEnd ? quirks.putStatus : method === "PATCH" ? quirks.patchStatus : undefined;
  return {
    ...answer,
    ...(status === undefined || (isEnd && route.kind === "uploads") ? {} : { status }),
    headers: isEnd ? answer.headers : changeHeaders(call, quirks, answer.headers),
  };
}

function changeHeaders(call: Call, quirks: UploadQuirks, headers: Answer["headers"]): Answer["headers"] {
  const { location, range, announcedChunkSize } = quirks;
  const { location: path = "", range: stored = "" } = headers;
  const places = location === undefined ? {} : { location: location(path, call.header("host") ?? "") };
  const ranges = range === undefined ? {} : { range: range(stored) };
  const sizes = announcedChunkSize === undefined ? {} : { "oci-chunk-min-length": `${announcedChunkSize}` };
  const changed = Object.entries({ ...headers, ...places, ...ranges, ...sizes });
  return Object.fromEntries(changed.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
}

/** nginx's own. */
function pageAnswer(): Answer {
  const title = "413 Request Entity Too Large";
  const body = Buffer.from(`<html>\r\n<head><title>${title}</title></head>\r\n<body></body>\r\n</html>\r\n`);
  const headers = { "content-type": "text/html", "content-length": `${body.length}` };
  return { status: 413, headers, body };
}
