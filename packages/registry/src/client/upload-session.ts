import { type AbortOptions, type Descriptor, parseDigest } from "@airgap-bundle/core";
import { formatRoute } from "../routes.ts";
import { uploadLocation } from "./location.ts";
import { nameOf, pushScopes, type Remote } from "./remote.ts";
import { discard, headerOf, type Response } from "./response.ts";

/** An upload that a registry has opened. */
export interface UploadSession {
  /** Where it goes on: what the registry has said last. */
  location(): string;
  moveTo(location: string): void;
  /** All chunks but the last have at least so many bytes. */
  readonly minChunkSize: number;
}

/** The path of a request for an upload, or for a mount that may become one. */
export function uploadsUrl(
  { path }: Remote,
  { digest }: Descriptor,
  mount: { readonly mount?: string; readonly from?: string } = {},
): string {
  const { algorithm } = parseDigest(digest);
  const named = algorithm === "sha256" ? {} : { algorithm };
  return formatRoute({ kind: "uploads", repository: path, ...mount, ...named });
}

/** A request for an upload. */
export interface SessionRequest extends AbortOptions {
  readonly url: string;
  /** "verb object", for messages. */
  readonly what: string;
  /** @default 5 */
  readonly attempts?: number;
}

/**
 * Opens an upload: {@link https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#post-then-put}. One
 * attempt: whoever fills it begins with another one after a failure.
 */
export async function openSession(
  remote: Remote,
  descriptor: Descriptor,
  { signal }: AbortOptions,
): Promise<UploadSession> {
  return await requestSession(remote, {
    url: uploadsUrl(remote, descriptor),
    what: `push blob ${descriptor.digest} to ${nameOf(remote)}`,
    attempts: 1,
    ...(signal && { signal }),
  });
}

/** Asks for an upload. */
export async function requestSession(remote: Remote, request: SessionRequest): Promise<UploadSession> {
  remote.onRequest?.("postUpload");
  const response = await remote.transport.send({
    method: "POST",
    scopes: pushScopes(remote),
    headers: { "content-length": "0" },
    expected: [202],
    ...request,
  });
  await discard(response);
  return await readSession(remote, response, request);
}

/** What the answer to a request for an upload says of it. */
export async function readSession(
  remote: Remote,
  response: Response,
  request: { readonly url: string; readonly what: string },
): Promise<UploadSession> {
  const minimum = headerOf(response, "oci-chunk-min-length") ?? "";
  let newest = await locate(remote, headerOf(response, "location"), request);
  return {
    location: () => newest,
    moveTo(location) {
      newest = location;
    },
    minChunkSize: /^\d{1,12}$/.test(minimum) ? Number(minimum) : 0,
  };
}

/** Where an upload goes on. A registry that does not know its own address is told of once. */
export async function locate(
  { transport, registry, warn }: Remote,
  location: string | undefined,
  { url, what }: { readonly url: string; readonly what: string },
): Promise<string> {
  const origin = await transport.origin();
  const found = uploadLocation(location, { base: new URL(url, origin).href, origin, what });
  const { wrongOrigin } = found;
  if (wrongOrigin !== undefined) {
    warn(
      "REGISTRY_ADDRESS",
      `${registry} names ${wrongOrigin} as its address; ${origin} is used. Its external URL is set wrong, or its proxy sends no X-Forwarded-Proto`,
    );
  }
  return found.url;
}
