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
  parseDigest,
  readAll,
  refuseObsoleteManifest,
  verified,
} from "@airgap-bundle/core";
import { formatRoute } from "../routes.ts";
import { bodyOf, checkEncoding, collectBody } from "./body.ts";
import type { Call } from "./call.ts";
import { readPullLimit } from "./pull-limit.ts";
import { nameOf, pullScopes, type Remote } from "./remote.ts";
import { discard, headerOf, mediaTypeOf, type Response } from "./response.ts";

const ACCEPT = { accept: MANIFEST_TYPES.join(", ") };

/**
 * Refusals of a HEAD that say nothing for want of a body, or of HEAD alone; Harbor's policies answer with 412. A GET
 * tells what is the case.
 */
const MUTE_STATUSES: readonly number[] = [400, 403, 405, 406, 412, 501];

/** A HEAD costs no pull. Registries that name no digest in its answer make a GET necessary. */
export async function resolve(
  remote: Remote,
  reference: string,
  { signal }: AbortOptions,
): Promise<Descriptor | undefined> {
  const url = formatRoute({ kind: "manifest", repository: remote.path, reference });
  const what = `resolve ${referTo(remote, reference)}`;
  const call = { url, scopes: pullScopes(remote), headers: ACCEPT, expected: [200, 404], what, signal };
  remote.onRequest?.("headManifest");
  const response = await remote.transport.send({
    ...call,
    method: "HEAD",
    expected: [...call.expected, ...MUTE_STATUSES],
  });
  tellLimit(remote, response);
  await discard(response);
  if (response.statusCode === 404) return undefined;
  if (response.statusCode !== 200) return await resolveByContent(remote, reference, call);
  const type = mediaTypeOf(response);
  refuseObsoleteManifest(referTo(remote, reference), { mediaType: type });
  const announced = headerOf(response, "docker-content-digest");
  warnOtherDigest(remote, reference, announced);
  const digest = isDigest(reference) ? reference : announced;
  const size = Number(headerOf(response, "content-length") ?? "0");
  if (digest !== undefined && isDigest(digest) && size > 0 && MANIFEST_TYPES.includes(type))
    return { mediaType: type, digest, size };
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
  const { what, signal } = call;
  const content = await collectBody(response, { what, maxSize: MAX_MANIFEST_SIZE, signal });
  const type = mediaTypeOf(response);
  refuseObsoleteManifest(referTo(remote, reference), { mediaType: type, content });
  const mediaType = MANIFEST_TYPES.includes(type) ? type : guessManifestType(content);
  if (mediaType === undefined || !MANIFEST_TYPES.includes(mediaType))
    throw noManifest(remote, what, mediaType ?? type);
  const digest = isDigest(reference) ? reference : digestOf(content);
  warnOtherDigest(remote, digest, headerOf(response, "docker-content-digest"));
  const descriptor = { mediaType, digest, size: content.length };
  await readAll(verified(descriptor, contentOf(content), nameOf(remote)), MAX_MANIFEST_SIZE);
  return descriptor;
}

/** A manifest's bytes, verified. */
export async function readManifest(
  remote: Remote,
  descriptor: Descriptor,
  { signal }: AbortOptions,
): Promise<Uint8Array> {
  const { digest, size } = descriptor;
  const what = `read manifest ${digest} of ${nameOf(remote)}`;
  if (size > MAX_MANIFEST_SIZE) {
    throw new BundleError(
      "MANIFEST_INVALID",
      `Cannot ${what}: it has ${size} bytes, ${MAX_MANIFEST_SIZE} are allowed`,
    );
  }
  remote.onRequest?.("getManifest");
  const response = await remote.transport.send({
    method: "GET",
    url: formatRoute({ kind: "manifest", repository: remote.path, reference: digest }),
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
  await checkEncoding(response, what);
  if (isPage(response)) {
    await discard(response);
    throw noManifest(remote, what, mediaTypeOf(response));
  }
  return await readAll(verified(descriptor, bodyOf(response, what, signal), nameOf(remote)), size);
}

function referTo(remote: Remote, reference: string): string {
  return `${nameOf(remote)}${isDigest(reference) ? "@" : ":"}${reference}`;
}

function isPage(response: Response): boolean {
  return mediaTypeOf(response) === "text/html";
}

/** The page of a web server, a portal that wants a login, or something that is not understood. */
function noManifest(remote: Remote, what: string, type: string): BundleError {
  return new BundleError(
    "REGISTRY_FAILED",
    `Cannot ${what}: ${remote.asked} sent ${type === "" ? "something without a type" : type}, which is no manifest`,
    { hint: "Check that the host is a registry, not its web page, and that no proxy answers in its place" },
  );
}

/** The header is never trusted: content is compared with the digest in any case. Another algorithm is no contradiction. */
function warnOtherDigest(remote: Remote, expected: string, announced: string | undefined): void {
  if (announced === undefined || !isDigest(announced) || !isDigest(expected) || announced === expected)
    return;
  if (parseDigest(announced).algorithm !== parseDigest(expected).algorithm) return;
  remote.warn(
    "DIGEST_MISNAMED",
    `${nameOf(remote)} calls manifest ${expected} ${announced} in Docker-Content-Digest; the header is ignored`,
  );
}

function tellLimit(remote: Remote, response: Response): void {
  const limit = readPullLimit(
    headerOf(response, "ratelimit-limit"),
    headerOf(response, "ratelimit-remaining"),
    headerOf(response, "ratelimit-reset"),
  );
  if (limit !== undefined) remote.onPullLimit?.(limit);
}
