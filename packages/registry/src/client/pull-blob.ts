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

/**
 * One attempt: whoever writes the bytes down knows best how to go on after a failure. Where the registry does not give a
 * blob from `offset` on, all of it is read and what lies before passed over.
 */
export async function* openBlob(
  remote: Remote,
  descriptor: Descriptor,
  options: OpenBlobOptions,
): AsyncGenerator<Uint8Array> {
  const { offset = 0, signal } = options;
  if (offset === descriptor.size) return;
  const what = `fetch blob ${descriptor.digest} of ${nameOf(remote)}`;
  const wanted = { remote, descriptor, what, signal };
  const rest = offset === 0 ? undefined : await requestRest(wanted, offset);
  if (rest !== undefined) return yield* bodyOf(rest, what, signal);
  const whole = await requestBlob(wanted, {});
  await checkLength(whole, descriptor.size, what);
  yield* passOver(bodyOf(whole, what, signal), offset);
}

interface WantedBlob {
  readonly remote: Remote;
  readonly descriptor: Descriptor;
  readonly what: string;
  readonly signal: AbortSignal | undefined;
}

/** The answer that has exactly what lies behind `offset`; undefined if the registry gives something else. */
async function requestRest(wanted: WantedBlob, offset: number): Promise<Response | undefined> {
  const { descriptor, what } = wanted;
  const { size } = descriptor;
  const response = await requestBlob(wanted, { range: `bytes=${offset}-${size - 1}` });
  const isRest =
    response.statusCode === 206 &&
    headerOf(response, "content-range") === `bytes ${offset}-${size - 1}/${size}`;
  if (isRest) {
    await checkLength(response, size - offset, what);
    return response;
  }
  // The whole blob, another part, or 416: a new request leaves no doubt what comes.
  await discard(response);
  return undefined;
}

/** @throws `BLOB_UNKNOWN` */
async function requestBlob(
  { remote, descriptor, what, signal }: WantedBlob,
  headers: Readonly<Record<string, string>>,
): Promise<Response> {
  remote.onRequest?.("getBlob");
  const response = await remote.transport.send({
    method: "GET",
    url: formatRoute({ kind: "blob", repository: remote.path, digest: descriptor.digest }),
    scopes: pullScopes(remote),
    headers,
    expected: [200, ...("range" in headers ? [206, 416] : []), 404],
    what,
    attempts: 1,
    isLarge: true,
    signal,
  });
  if (response.statusCode !== 404) return response;
  await discard(response);
  throw new BundleError("BLOB_UNKNOWN", `Cannot ${what}: the registry does not have it`);
}

/** A page of a proxy or a compressed body is told before anything is written. */
async function checkLength(response: Response, size: number, what: string): Promise<void> {
  await checkEncoding(response, what);
  const length = headerOf(response, "content-length");
  if (length === undefined || Number(length) === size) return;
  await discard(response);
  const type = headerOf(response, "content-type") ?? "no type";
  throw new BundleError(
    "SIZE_INVALID",
    `Cannot ${what}: ${length} bytes of ${type} were announced, ${size} wanted`,
  );
}

async function* passOver(content: AsyncIterable<Uint8Array>, size: number): AsyncGenerator<Uint8Array> {
  let left = size;
  for await (const chunk of content) {
    if (left < chunk.length) yield left === 0 ? chunk : chunk.subarray(left);
    left = Math.max(0, left - chunk.length);
  }
}
