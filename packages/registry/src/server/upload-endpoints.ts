import {
  BundleError,
  isDigest,
  isDigestAlgorithm,
  MEDIA_TYPES,
  type StoreRepository,
} from "@airgap-bundle/core";
import { formatRoute } from "../routes.ts";
import { type Answer, emptyAnswer, errorAnswer } from "./answer.ts";
import { refuseMethod } from "./blob-endpoints.ts";
import { bodyLength, type Call, type RouteOf } from "./call.ts";
import { parseContentRange } from "./range.ts";

type UploadsCall = Call<RouteOf<"uploads">>;
type UploadCall = Call<RouteOf<"upload">>;

/** end-4a, end-4b and end-11: {@link https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pushing-blobs}. */
export async function answerUploads(call: UploadsCall): Promise<Answer> {
  const { repository: name, digest, mount, algorithm } = call.route;
  if (call.method !== "POST") return refuseMethod(call.method, "POST");
  if (mount !== undefined && !isDigest(mount)) throw invalidDigest(mount);
  if (algorithm !== undefined && !isDigestAlgorithm(algorithm)) throw invalidDigest(algorithm);
  const repository = call.store.openRepository(name);
  if (mount !== undefined && (await mountBlob(call, repository, mount))) return createdAnswer(name, mount);
  if (digest !== undefined && mount === undefined) return await receiveBlob(call, repository, digest);
  return sessionAnswer(202, name, await repository.startUpload(), 0);
}

/** end-5, end-6, end-13, and a session's cancellation. */
export async function answerUpload(call: UploadCall): Promise<Answer> {
  const { repository: name, id } = call.route;
  const repository = call.store.openRepository(name);
  const session = await repository.statUpload(id);
  if (session === undefined)
    return errorAnswer("BLOB_UPLOAD_UNKNOWN", `repository ${name} has no upload ${id}`);
  switch (call.method) {
    case "GET":
    case "HEAD":
      return sessionAnswer(204, name, id, session.size);
    case "PATCH":
      return await appendChunk(call, repository, session.size);
    case "PUT":
      return await finishUpload(call, repository, session.size);
    case "DELETE":
      await repository.cancelUpload(id);
      return emptyAnswer(204);
    default:
      return refuseMethod(call.method, "GET, HEAD, PATCH, PUT, DELETE");
  }
}

/** Without the name of another repository all are searched, where whoever asks may read them all. */
async function mountBlob(
  { route, store, quirks, isOpenToAll, signal }: UploadsCall,
  repository: StoreRepository,
  digest: string,
): Promise<boolean> {
  if (quirks.refuseMounts === true) return false;
  const blob = { mediaType: MEDIA_TYPES.octetStream, digest, size: 0 };
  if (route.from !== undefined) return await repository.mountBlob(blob, route.from, { signal });
  if (!isOpenToAll) return false;
  for (const name of await store.listRepositories()) {
    if (await repository.mountBlob(blob, name, { signal })) return true;
  }
  return false;
}

/** A blob in one request. */
async function receiveBlob(call: UploadsCall, repository: StoreRepository, digest: string): Promise<Answer> {
  if (!isDigest(digest)) throw invalidDigest(digest);
  const id = await repository.startUpload();
  try {
    await repository.appendUpload(id, call.readBody());
  } catch (error) {
    await repository.cancelUpload(id);
    throw error;
  }
  await repository.finishUpload(id, digest);
  return createdAnswer(call.route.repository, digest);
}

async function appendChunk(call: UploadCall, repository: StoreRepository, size: number): Promise<Answer> {
  const { repository: name, id } = call.route;
  if (!isNextChunk(call, size)) return misplacedAnswer(call.route, size);
  return sessionAnswer(202, name, id, await repository.appendUpload(id, call.readBody()));
}

/** The last chunk may come with the request that ends the session. */
async function finishUpload(call: UploadCall, repository: StoreRepository, size: number): Promise<Answer> {
  const { repository: name, id, digest } = call.route;
  if (digest === undefined || !isDigest(digest)) throw invalidDigest(digest ?? "");
  if (!isNextChunk(call, size)) return misplacedAnswer(call.route, size);
  await repository.appendUpload(id, call.readBody());
  await repository.finishUpload(id, digest);
  return createdAnswer(name, digest);
}

/** Chunks come in order; without `Content-Range` it is the rest. */
function isNextChunk(call: Call, size: number): boolean {
  const header = call.header("content-range");
  if (header === undefined) return true;
  const range = parseContentRange(header);
  const length = bodyLength(call);
  if (range === undefined || range.start !== size) return false;
  return length === undefined || length === range.end - range.start + 1;
}

function misplacedAnswer(route: RouteOf<"upload">, size: number): Answer {
  const { headers } = sessionAnswer(416, route.repository, route.id, size);
  const { location = "", range = "" } = headers;
  return errorAnswer("BLOB_UPLOAD_INVALID", `upload ${route.id} goes on at byte ${size}`, {
    status: 416,
    headers: { location, range },
  });
}

/** Where a session goes on. `Range` cannot say that nothing has come: `0-0` stands for that, as everywhere. */
function sessionAnswer(status: number, repository: string, id: string, size: number): Answer {
  return emptyAnswer(status, {
    location: formatRoute({ kind: "upload", repository, id }),
    range: `0-${Math.max(size - 1, 0)}`,
    "docker-upload-uuid": id,
  });
}

function createdAnswer(repository: string, digest: string): Answer {
  return emptyAnswer(201, {
    location: formatRoute({ kind: "blob", repository, digest }),
    "docker-content-digest": digest,
  });
}

function invalidDigest(digest: string): BundleError {
  return new BundleError(
    "DIGEST_INVALID",
    `Cannot store a blob as ${JSON.stringify(digest.slice(0, 160))}: it is not a digest`,
  );
}
