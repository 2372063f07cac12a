import {
  type AbortOptions,
  BundleError,
  contentOf,
  type Descriptor,
  digestOf,
  guessManifestType,
  isDigest,
  MANIFEST_TYPES,
  MAX_MANIFEST_SIZE,
  type OpenBlobOptions,
  readAll,
  type Source,
  verified,
} from "@airgap-bundle/core";
import { formatRoute } from "../routes.ts";
import { bodyOf } from "./body.ts";
import type { Call } from "./call.ts";
import { listReferrers } from "./list-referrers.ts";
import { listTags } from "./list-tags.ts";
import { readPullLimit } from "./pull-limit.ts";
import { nameOf, pullScopes, type Remote } from "./remote.ts";
import { discard, headerOf, type Response } from "./response.ts";

const ACCEPT = { accept: MANIFEST_TYPES.join(", ") };

/** Bytes in which a document must begin. */
const MAX_LEADING_BLANKS = 1024;

/** Reads a repository: {@link https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pull}. */
export function createSource(remote: Remote): Source {
  return {
    resolve: async (reference, options = {}) => await resolve(remote, reference, options),
    readManifest: async (descriptor, options = {}) => await readManifest(remote, descriptor, options),
    statBlob: async (digest, options = {}) => await statBlob(remote, digest, options),
    openBlob: (descriptor, options = {}) => openBlob(remote, descriptor, options),
    listTags: (options = {}) => listTags(remote, options),
    listReferrers: async (digest, options = {}) => await listReferrers(remote, digest, options),
  };
}

/** A HEAD costs no pull. Registries that name no digest in its answer make a GET necessary. */
async function resolve(
  remote: Remote,
  reference: string,
  { signal }: AbortOptions,
): Promise<Descriptor | undefined> {
  const url = formatRoute({ kind: "manifest", repository: remote.path, reference });
  const what = `resolve ${nameOf(remote)}${isDigest(reference) ? "@" : ":"}${reference}`;
  remote.onRequest?.("headManifest");
  const call = { url, scopes: pullScopes(remote), headers: ACCEPT, expected: [200, 404], what, signal };
  const response = await remote.transport.send({ ...call, method: "HEAD" });
  tellLimit(remote, response);
  await discard(response);
  if (response.statusCode === 404) return undefined;
  const digest = isDigest(reference) ? reference : headerOf(response, "docker-content-digest");
  const size = Number(headerOf(response, "content-length") ?? "0");
  const mediaType = mediaTypeOf(response);
  if (digest !== undefined && isDigest(digest) && size > 0 && mediaType !== undefined)
    return { mediaType, digest, size };
  return await resolveByContent(remote, reference, call);
}

/** @throws `DIGEST_INVALID` if a digest was asked for and something else came */
async function resolveByContent(
  remote: Remote,
  reference: string,
  call: Omit<Call, "method">,
): Promise<Descriptor | undefined> {
  remote.onRequest?.("getManifest");
  const response = await remote.transport.send({ ...call, method: "GET" });
  tellLimit(remote, response);
  if (response.statusCode === 404) {
    await discard(response);
    return undefined;
  }
  const content = await readAll(bodyOf(response, call.what), MAX_MANIFEST_SIZE);
  if (!isJsonObject(content)) {
    throw new BundleError("REGISTRY_FAILED", `Cannot ${call.what}: the answer is no manifest`, {
      hint: "Check that the host is a registry, not its web page",
    });
  }
  const mediaType = mediaTypeOf(response) ?? guessManifestType(content) ?? "";
  const digest = isDigest(reference) ? reference : digestOf(content);
  const descriptor = { mediaType, digest, size: content.length };
  await readAll(verified(descriptor, contentOf(content), nameOf(remote)), MAX_MANIFEST_SIZE);
  return descriptor;
}

async function readManifest(
  remote: Remote,
  descriptor: Descriptor,
  { signal }: AbortOptions,
): Promise<Uint8Array> {
  if (descriptor.size > MAX_MANIFEST_SIZE) {
    throw new BundleError(
      "MANIFEST_INVALID",
      `Cannot read manifest ${descriptor.digest} of ${nameOf(remote)}: it has ${descriptor.size} bytes, ${MAX_MANIFEST_SIZE} are allowed`,
    );
  }
  const what = `read manifest ${descriptor.digest} of ${nameOf(remote)}`;
  remote.onRequest?.("getManifest");
  const response = await remote.transport.send({
    method: "GET",
    url: formatRoute({ kind: "manifest", repository: remote.path, reference: descriptor.digest }),
    scopes: pullScopes(remote),
    headers: ACCEPT,
    expected: [200, 404],
    what,
    signal,
  });
  tellLimit(remote, response);
  if (response.statusCode === 404) {
    await discard(response);
    throw new BundleError("MANIFEST_UNKNOWN", `Cannot ${what}: the registry does not have it`);
  }
  return await readAll(verified(descriptor, bodyOf(response, what), nameOf(remote)), descriptor.size);
}

async function statBlob(
  remote: Remote,
  digest: string,
  { signal }: AbortOptions,
): Promise<{ readonly size: number } | undefined> {
  remote.onRequest?.("headBlob");
  const response = await remote.transport.send({
    method: "HEAD",
    url: formatRoute({ kind: "blob", repository: remote.path, digest }),
    scopes: pullScopes(remote),
    expected: [200, 404],
    what: `look for blob ${digest} in ${nameOf(remote)}`,
    signal,
  });
  await discard(response);
  return response.statusCode === 404
    ? undefined
    : { size: Number(headerOf(response, "content-length") ?? "0") };
}

/** One attempt: whoever writes the bytes down knows best how to go on after a failure. */
async function* openBlob(
  remote: Remote,
  descriptor: Descriptor,
  options: OpenBlobOptions,
): AsyncGenerator<Uint8Array> {
  const { offset = 0, signal } = options;
  const { digest, size } = descriptor;
  if (offset === size) return;
  const what = `fetch blob ${digest} of ${nameOf(remote)}`;
  remote.onRequest?.("getBlob");
  const response = await remote.transport.send({
    method: "GET",
    url: formatRoute({ kind: "blob", repository: remote.path, digest }),
    scopes: pullScopes(remote),
    headers: offset === 0 ? {} : { range: `bytes=${offset}-${size - 1}` },
    expected: [offset === 0 ? 200 : 206, 404],
    what,
    attempts: 1,
    signal,
  });
  if (response.statusCode === 404) {
    await discard(response);
    throw new BundleError("BLOB_UNKNOWN", `Cannot ${what}: the registry does not have it`);
  }
  await checkBlobHeaders(response, size, offset, what);
  yield* bodyOf(response, what, signal);
}

/** A page of a proxy, a compressed body or another range is told before anything is written. */
async function checkBlobHeaders(
  response: Response,
  size: number,
  offset: number,
  what: string,
): Promise<void> {
  const encoding = headerOf(response, "content-encoding") ?? "identity";
  const length = headerOf(response, "content-length");
  const range = headerOf(response, "content-range");
  const isRightLength = length === undefined || Number(length) === size - offset;
  const isRightRange = offset === 0 || range === `bytes ${offset}-${size - 1}/${size}`;
  if (encoding === "identity" && isRightLength && isRightRange) return;
  await discard(response);
  if (encoding !== "identity")
    throw new BundleError("REGISTRY_FAILED", `Cannot ${what}: it comes encoded as ${encoding}`);
  throw new BundleError(
    "SIZE_INVALID",
    `Cannot ${what}: ${length} bytes (${range ?? "no range"}) were announced, ${size - offset} wanted`,
  );
}

function mediaTypeOf(response: Response): string | undefined {
  const type = headerOf(response, "content-type")?.split(";", 1)[0]?.trim();
  return type !== undefined && MANIFEST_TYPES.includes(type) ? type : undefined;
}

function tellLimit(remote: Remote, response: Response): void {
  const limit = readPullLimit(
    headerOf(response, "ratelimit-limit"),
    headerOf(response, "ratelimit-remaining"),
  );
  if (limit !== undefined) remote.onPullLimit?.(limit);
}

/** A page of a web server or proxy is told apart at once; what is wrong with a document the reader of manifests says. */
function isJsonObject(content: Uint8Array): boolean {
  return new TextDecoder().decode(content.subarray(0, MAX_LEADING_BLANKS)).trimStart().startsWith("{");
}
