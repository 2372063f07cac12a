import { MEDIA_TYPES, type StoreRepository } from "@airgap-bundle/core";
import { type Answer, emptyAnswer, errorAnswer } from "./answer.ts";
import type { Call, RouteOf } from "./call.ts";
import { parseRange, takeBytes } from "./range.ts";

type BlobCall = Call<RouteOf<"blob">>;

/** end-2 and end-10. */
export async function answerBlob(call: BlobCall): Promise<Answer> {
  switch (call.method) {
    case "GET":
    case "HEAD":
      return await pullBlob(call);
    case "DELETE":
      return await deleteBlob(call);
    default:
      return refuseMethod(call.method, "GET, HEAD, DELETE");
  }
}

/** {@link https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pulling-blobs} */
async function pullBlob(call: BlobCall): Promise<Answer> {
  const { route, store, quirks, signal } = call;
  const repository = store.openRepository(route.repository);
  const found = await repository.statBlob(route.digest, { signal });
  if (found === undefined) {
    return errorAnswer("BLOB_UNKNOWN", `blob ${route.digest} is not in repository ${route.repository}`);
  }
  const location = quirks.redirectBlobsTo?.(route.digest);
  if (location !== undefined) return emptyAnswer(307, { location });
  return sendBlob(call, repository, found.size);
}

/** {@link https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#deleting-blobs} */
async function deleteBlob({ route, store, quirks }: BlobCall): Promise<Answer> {
  if (quirks.refuseDeletion === true) return refuseMethod("DELETE", "GET, HEAD");
  await store.openRepository(route.repository).deleteBlob(route.digest);
  return emptyAnswer(202);
}

function sendBlob(call: BlobCall, repository: StoreRepository, size: number): Answer {
  const { digest } = call.route;
  const range = call.method === "GET" ? parseRange(call.header("range"), size) : undefined;
  if (range === "unsatisfiable") {
    return errorAnswer("SIZE_INVALID", `blob ${digest} has ${size} bytes`, {
      status: 416,
      headers: { "content-range": `bytes */${size}` },
    });
  }
  const { start, end } = range ?? { start: 0, end: size - 1 };
  const length = end - start + 1;
  const content = repository.openBlob(
    { mediaType: MEDIA_TYPES.octetStream, digest, size },
    { offset: start, signal: call.signal },
  );
  return {
    status: range === undefined ? 200 : 206,
    headers: {
      "content-type": MEDIA_TYPES.octetStream,
      "content-length": `${length}`,
      "docker-content-digest": digest,
      "accept-ranges": "bytes",
      ...(range === undefined ? {} : { "content-range": `bytes ${start}-${end}/${size}` }),
    },
    body: takeBytes(content, length),
  };
}

/** 405, with the methods that there are. */
export function refuseMethod(method: string, allowed: string): Answer {
  return errorAnswer("UNSUPPORTED", `${method} is not supported here`, { headers: { allow: allowed } });
}
