import {
  BundleError,
  type Descriptor,
  isBundleError,
  MAX_MANIFEST_SIZE,
  type Manifest,
  type PutManifestOptions,
  parseDigest,
  parseManifest,
  toReferrer,
} from "@airgap-bundle/core";
import { formatRoute } from "../routes.ts";
import { addToReferrersList } from "./add-to-referrers-list.ts";
import { nameOf, pushScopes, type Remote } from "./remote.ts";
import { discard, headerOf, type Response } from "./response.ts";
import { createSource } from "./source.ts";

/** A manifest on its way. */
interface ManifestPush {
  readonly tag: string | undefined;
  /** "verb object", for messages. */
  readonly what: string;
  readonly signal: AbortSignal | undefined;
}

/**
 * Stores a manifest, and finds out whether the registry has it then. One that speaks of another is also put where
 * referrers are looked for, unless the registry says that it does that itself.
 */
export async function putManifest(
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
  const response = await send(remote, descriptor, content, { tag, what, signal });
  // Another push, or one of which the answer was lost: the tag is right, what is left is done without it.
  if (response === "there already")
    return await putManifest(remote, descriptor, content, signal ? { signal } : {});
  await checkStored(remote, descriptor, headerOf(response, "docker-content-digest"), { tag, what, signal });
  const manifest = tryParse(descriptor, content);
  if (manifest?.subject === undefined || headerOf(response, "oci-subject") !== undefined) return;
  await addToReferrersList(
    remote,
    manifest.subject.digest,
    toReferrer(descriptor, manifest),
    signal === undefined ? {} : { signal },
  );
}

/** The answer of a registry that takes it; or a tag that may not change stands for it already. */
async function send(
  remote: Remote,
  descriptor: Descriptor,
  content: Uint8Array,
  { tag, what, signal }: ManifestPush,
): Promise<Response | "there already"> {
  remote.onRequest?.("putManifest");
  try {
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
    return response;
  } catch (error) {
    if (tag === undefined || !isBundleError(error, "TAG_EXISTS")) throw error;
    if (!(await standsFor(remote, tag, descriptor, signal))) throw error;
    return "there already";
  }
}

/** A look that fails decides nothing: what went wrong before says more. */
async function standsFor(
  remote: Remote,
  tag: string,
  { digest }: Descriptor,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  try {
    return (await createSource(remote).resolve(tag, signal && { signal }))?.digest === digest;
  } catch (error) {
    if (isBundleError(error)) return false;
    throw error;
  }
}

/** What the registry has taken and is not understood here speaks of nothing. */
function tryParse(descriptor: Descriptor, content: Uint8Array): Manifest | undefined {
  try {
    return parseManifest(descriptor, content);
  } catch (error) {
    if (isBundleError(error, "MANIFEST_INVALID")) return undefined;
    throw error;
  }
}

/** A server that answers 201 to anything, or stores something else, is found out before the push counts as done. */
async function checkStored(
  remote: Remote,
  descriptor: Descriptor,
  announced: string | undefined,
  push: ManifestPush,
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
