import { type AbortOptions, BundleError, type Descriptor, type OpenBlobOptions } from "@airgap-bundle/core";
import { formatRoute } from "../routes.ts";
import { bodyOf, checkEncoding } from "./body.ts";
import type { Call } from "./call.ts";
import { nameOf, pullScopes, type Remote } from "./remote.ts";
import { discard, headerOf, type Response } from "./response.ts";

/**
 * A registry redirects to a blob only if it has it. The redirect is not followed: what is signed for GET is refused to
 * HEAD.
 */
export async function statBlob(
  remote: Remote,
  digest: string,
  { signal, attempts }: AbortOptions & Pick<Call, "attempts">,
): Promise<{ readonly size?: number } | undefined> {
  remote.onRequest?.("headBlob");
  const response = await remote.transport.send({
    method: "HEAD",
    url: formatRoute({ kind: "blob", repository: remote.path, digest }),
    scopes: pullScopes(remote),
    expected: [200, 301, 302, 303, 307, 308, 404, 405, 501],
    followsRedirects: false,
    what: `look for blob ${digest} in ${nameOf(remote)}`,
    ...(attempts === undefined ? {} : { attempts }),
    signal,
  });
  await discard(response);
  if (response.statusCode >= 400) return undefined;
  const size = headerOf(response, "content-length");
  return response.statusCode === 200 && size !== undefined ? { size: Number(size) } : {};
}

/** One attempt: whoever writes the bytes down knows best how to go on after a failure. */
export async function* openBlob(
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
    // The whole blob in place of a range is told below.
    expected: [200, ...(offset === 0 ? [] : [206]), 404],
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
  await checkEncoding(response, what);
  const length = headerOf(response, "content-length");
  const range = headerOf(response, "content-range");
  const isRightLength = length === undefined || Number(length) === size - offset;
  const isRightRange = offset === 0 || range === `bytes ${offset}-${size - 1}/${size}`;
  if (isRightLength && isRightRange) return;
  await discard(response);
  const type = headerOf(response, "content-type") ?? "no type";
  throw new BundleError(
    "SIZE_INVALID",
    `Cannot ${what}: ${length ?? "an unknown number of"} bytes of ${type} (${range ?? "no range"}) were announced, ${size - offset} wanted`,
  );
}
