import {
  type AbortOptions,
  BundleError,
  type Descriptor,
  isBundleError,
  MAX_MANIFEST_SIZE,
  MEDIA_TYPES,
  type OpenContent,
  type PutManifestOptions,
  parseDigest,
  retry,
  type Target,
  verified,
} from "@airgap-bundle/core";
import { formatRoute } from "../routes.ts";
import { uploadLocation, withDigest } from "./location.ts";
import { nameOf, type Remote } from "./remote.ts";
import { discard, headerOf, type Response } from "./response.ts";
import { createSource } from "./source.ts";

/** Registries on object stores read a whole layer again before they answer. */
const UPLOAD_ANSWER_TIMEOUT_MS = 30 * 60_000;

/** Writes a repository: {@link https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#push}. */
export function createTarget(remote: Remote): Target {
  return {
    putBlob: async (descriptor, open, options = {}) => await putBlob(remote, descriptor, open, options),
    mountBlob: async (descriptor, from, options = {}) => await mountBlob(remote, descriptor, from, options),
    putManifest: async (descriptor, content, options = {}) =>
      await putManifest(remote, descriptor, content, options),
  };
}

/** POST and PUT; after a failure a new session from the first byte, since the old one is dead with most registries. */
async function putBlob(
  remote: Remote,
  descriptor: Descriptor,
  open: OpenContent,
  { signal }: AbortOptions,
): Promise<void> {
  const { onEvent } = remote;
  await retry(async () => await uploadOnce(remote, descriptor, open, signal), {
    ...(signal === undefined ? {} : { signal }),
    ...(onEvent === undefined ? {} : { onEvent }),
    alsoRetryOnce: ["BLOB_UPLOAD_INVALID", "BLOB_UPLOAD_UNKNOWN"],
  });
}

async function uploadOnce(
  remote: Remote,
  descriptor: Descriptor,
  open: OpenContent,
  signal: AbortSignal | undefined,
): Promise<void> {
  const what = `upload blob ${descriptor.digest} to ${nameOf(remote)}`;
  remote.onRequest?.("postUpload");
  const session = await remote.transport.send({
    method: "POST",
    url: formatRoute({ kind: "uploads", repository: remote.path }),
    scopes: pushScopes(remote),
    headers: { "content-length": "0" },
    expected: [202],
    what,
    signal,
  });
  await discard(session);
  await sendContent(remote, descriptor, open, { session, what, signal });
}

interface UploadStep {
  readonly session: Response;
  readonly what: string;
  readonly signal: AbortSignal | undefined;
}

/** An answer before all bytes are gone looks like a success: what was taken is counted. */
async function sendContent(
  remote: Remote,
  descriptor: Descriptor,
  open: OpenContent,
  step: UploadStep,
): Promise<void> {
  const { session, what, signal } = step;
  const location = uploadLocation(session, await remote.transport.origin(), what);
  let sent = 0;
  let failure: unknown;
  async function* count(): AsyncGenerator<Uint8Array> {
    sent = 0;
    try {
      for await (const chunk of verified(descriptor, open())) {
        yield chunk;
        sent += chunk.length;
      }
    } catch (error) {
      failure = error;
      throw error;
    }
  }
  remote.onRequest?.("putBlob");
  try {
    const response = await remote.transport.send({
      method: "PUT",
      url: withDigest(location, descriptor.digest),
      scopes: pushScopes(remote),
      headers: { "content-type": MEDIA_TYPES.octetStream, "content-length": String(descriptor.size) },
      body: descriptor.size === 0 ? () => new Uint8Array() : count,
      expected: [200, 201, 204],
      what,
      attempts: 1,
      answerTimeoutMs: UPLOAD_ANSWER_TIMEOUT_MS,
      signal,
    });
    await discard(response);
  } catch (error) {
    // What the content itself failed with says more than the broken connection that follows.
    throw failure ?? error;
  }
  if (sent !== descriptor.size) {
    throw new BundleError(
      "BLOB_UPLOAD_INVALID",
      `Cannot ${what}: the registry answered after ${sent} of ${descriptor.size} bytes`,
    );
  }
}

/** Any refusal means a plain upload; a session that the registry opens instead is left to its end. */
async function mountBlob(
  remote: Remote,
  descriptor: Descriptor,
  from: string,
  { signal }: AbortOptions,
): Promise<boolean> {
  const source = remote.pathOf(from);
  remote.onRequest?.("postUpload");
  try {
    const response = await remote.transport.send({
      method: "POST",
      url: formatRoute({ kind: "uploads", repository: remote.path, mount: descriptor.digest, from: source }),
      scopes: [...pushScopes(remote), `repository:${source}:pull`],
      headers: { "content-length": "0" },
      expected: [201, 202],
      what: `mount blob ${descriptor.digest} from ${remote.registry}/${from} into ${nameOf(remote)}`,
      signal,
    });
    await discard(response);
    return response.statusCode === 201;
  } catch (error) {
    signal?.throwIfAborted();
    if (isBundleError(error) && error.code !== "CONNECTION_FAILED") return false;
    throw error;
  }
}

async function putManifest(
  remote: Remote,
  descriptor: Descriptor,
  content: Uint8Array,
  options: PutManifestOptions,
): Promise<void> {
  const { tag, signal } = options;
  const what = `push manifest ${descriptor.digest} to ${nameOf(remote)}${tag === undefined ? "" : `:${tag}`}`;
  if (content.length > MAX_MANIFEST_SIZE) {
    throw new BundleError(
      "MANIFEST_INVALID",
      `Cannot ${what}: it has ${content.length} bytes, registries take ${MAX_MANIFEST_SIZE}`,
    );
  }
  remote.onRequest?.("putManifest");
  const response = await remote.transport.send({
    method: "PUT",
    url: formatRoute({ kind: "manifest", repository: remote.path, reference: tag ?? descriptor.digest }),
    scopes: pushScopes(remote),
    headers: { "content-type": descriptor.mediaType, "content-length": String(content.length) },
    body: () => content,
    expected: [200, 201, 202],
    what,
    signal,
  });
  await discard(response);
  await checkStored(remote, descriptor, headerOf(response, "docker-content-digest"), { tag, what, signal });
}

/** A server that answers 201 to anything, or stores something else, is found out before the push counts as done. */
async function checkStored(
  remote: Remote,
  descriptor: Descriptor,
  announced: string | undefined,
  push: { readonly tag: string | undefined; readonly what: string; readonly signal: AbortSignal | undefined },
): Promise<void> {
  const { tag, what, signal } = push;
  const { algorithm } = parseDigest(descriptor.digest);
  // A registry may name what it stores by another algorithm: that tells nothing.
  const isComparable = announced?.startsWith(`${algorithm}:`) === true;
  const reference = announced === undefined && tag !== undefined ? tag : descriptor.digest;
  const options = signal === undefined ? {} : { signal };
  const stored = isComparable ? announced : (await createSource(remote).resolve(reference, options))?.digest;
  if (stored === descriptor.digest) return;
  throw new BundleError(
    "DIGEST_INVALID",
    `Cannot ${what}: the registry has ${stored ?? "nothing"} there afterwards`,
  );
}

function pushScopes({ path }: Remote): readonly string[] {
  return [`repository:${path}:pull,push`];
}
