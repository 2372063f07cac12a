import { createHash } from "node:crypto";
import {
  BundleError,
  type Descriptor,
  guessManifestType,
  isDigest,
  MAX_MANIFEST_SIZE,
  MEDIA_TYPES,
  parseDigest,
  parseManifest,
  readAll,
} from "@airgap-bundle/core";
import { formatRoute } from "../routes.ts";
import { type Answer, emptyAnswer, errorAnswer } from "./answer.ts";
import { refuseMethod } from "./blob-endpoints.ts";
import { bodyLength, type Call, type RouteOf } from "./call.ts";

type ManifestCall = Call<RouteOf<"manifest">>;

const DOCKER_TYPES: ReadonlySet<string> = new Set([MEDIA_TYPES.dockerIndex, MEDIA_TYPES.dockerManifest]);

/** end-3, end-7 and end-9. */
export async function answerManifest(call: ManifestCall): Promise<Answer> {
  switch (call.method) {
    case "GET":
    case "HEAD":
      return await pullManifest(call);
    case "PUT":
      return await pushManifest(call);
    case "DELETE":
      return await deleteManifest(call);
    default:
      return refuseMethod(call.method, "GET, HEAD, PUT, DELETE");
  }
}

/** {@link https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pulling-manifests} */
async function pullManifest(call: ManifestCall): Promise<Answer> {
  const { route, store, signal } = call;
  const { reference, repository: name } = route;
  const repository = store.openRepository(name);
  const descriptor = await repository.resolve(reference, { signal });
  if (descriptor === undefined) {
    return errorAnswer("MANIFEST_UNKNOWN", `manifest ${reference} is not in repository ${name}`);
  }
  const headers = {
    "content-type": descriptor.mediaType,
    "content-length": `${descriptor.size}`,
    "docker-content-digest": descriptor.digest,
  };
  if (call.method === "HEAD") return { status: 200, headers };
  return { status: 200, headers, body: await repository.readManifest(descriptor, { signal }) };
}

/** {@link https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pushing-manifests} */
async function pushManifest(call: ManifestCall): Promise<Answer> {
  const { repository, reference } = call.route;
  if ((bodyLength(call) ?? 0) > MAX_MANIFEST_SIZE) {
    return errorAnswer("SIZE_INVALID", `a manifest may have ${MAX_MANIFEST_SIZE} bytes`);
  }
  const content = await readAll(call.readBody(), MAX_MANIFEST_SIZE);
  const mediaType = contentType(call) ?? guessManifestType(content);
  if (mediaType === undefined)
    throw new BundleError("MANIFEST_INVALID", "Cannot store manifest: it has no Content-Type");
  if (call.quirks.dockerMediaTypesRefused === true && DOCKER_TYPES.has(mediaType)) {
    return errorAnswer("MANIFEST_INVALID", `media type ${mediaType} is not supported`, { status: 415 });
  }
  const descriptor = describe(content, mediaType, reference);
  const tags = await storeManifest(call, descriptor, content);
  const { referrersStatus, omitSubject = referrersStatus !== undefined } = call.quirks;
  const subject = omitSubject ? undefined : parseManifest(descriptor, content).subject;
  return emptyAnswer(201, {
    location: formatRoute({ kind: "manifest", repository, reference: descriptor.digest }),
    "docker-content-digest": descriptor.digest,
    ...(subject === undefined ? {} : { "oci-subject": subject.digest }),
    ...(tags.length === 0 ? {} : { "oci-tag": tags.join(", ") }),
  });
}

/** @returns the further tags that were asked for: {@link https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pushing-manifests} */
async function storeManifest(
  { route, store, signal }: ManifestCall,
  descriptor: Descriptor,
  content: Uint8Array,
): Promise<readonly string[]> {
  const repository = store.openRepository(route.repository);
  const { reference, tags = [] } = route;
  if (!isDigest(reference)) {
    await repository.putManifest(descriptor, content, { tag: reference, signal });
    return [];
  }
  await repository.putManifest(descriptor, content, { signal });
  for (const tag of tags) await repository.putManifest(descriptor, content, { tag, signal });
  return tags;
}

/** {@link https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#content-management} */
async function deleteManifest({ route, store, quirks }: ManifestCall): Promise<Answer> {
  if (quirks.refuseDeletion === true) return refuseMethod("DELETE", "GET, HEAD, PUT");
  const repository = store.openRepository(route.repository);
  const { reference } = route;
  await (isDigest(reference) ? repository.deleteManifest(reference) : repository.deleteTag(reference));
  return emptyAnswer(202);
}

/** What came, as it is called: under a digest, that one must be right. */
function describe(content: Uint8Array, mediaType: string, reference: string): Descriptor {
  const algorithm = isDigest(reference) ? parseDigest(reference).algorithm : "sha256";
  const digest = `${algorithm}:${createHash(algorithm).update(content).digest("hex")}`;
  if (isDigest(reference) && digest !== reference) {
    throw new BundleError(
      "DIGEST_INVALID",
      `Cannot store manifest ${reference}: what came has the digest ${digest}`,
    );
  }
  return { mediaType, digest, size: content.length };
}

function contentType(call: Call): string | undefined {
  const type = call.header("content-type")?.split(";", 1)[0]?.trim();
  return type === "" ? undefined : type;
}
