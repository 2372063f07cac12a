import { type AbortOptions, type Descriptor, isBundleError, parseDigest } from "@airgap-bundle/core";
import { nameOf, pushScopes, type Remote } from "./remote.ts";
import { discard, headerOf, type Response } from "./response.ts";
import { readSession, type UploadSession, uploadsUrl } from "./upload-session.ts";

/**
 * Asks for a blob of another repository of the same registry. A registry that does not mount it opens an upload, which is
 * to be used; undefined means that the plain way is left.
 * {@link https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#mounting-a-blob-from-another-repository}
 */
export async function mountBlob(
  remote: Remote,
  descriptor: Descriptor,
  from: string,
  { signal }: AbortOptions,
): Promise<"mounted" | UploadSession | undefined> {
  const { uploads } = remote.memory;
  if (!uploads.mayMount()) return undefined;
  const source = remote.pathOf(from);
  const url = uploadsUrl(remote, descriptor, { mount: descriptor.digest, from: source });
  const what = `mount blob ${descriptor.digest} from ${remote.registry}/${from} into ${nameOf(remote)}`;
  remote.onRequest?.("postUpload");
  try {
    const response = await remote.transport.send({
      method: "POST",
      url,
      scopes: [...pushScopes(remote), `repository:${source}:pull`],
      headers: { "content-length": "0" },
      expected: [201, 202],
      what,
      // The plain way that follows has attempts of its own.
      attempts: 1,
      signal,
    });
    await discard(response);
    const isMounted = response.statusCode === 201 && isSame(response, descriptor);
    uploads.noteMount(isMounted ? "mounted" : "session");
    if (isMounted) return "mounted";
    return response.statusCode === 202 ? await readSession(remote, response, { url, what }) : undefined;
  } catch (error) {
    signal?.throwIfAborted();
    if (!isBundleError(error)) throw error;
    // Any refusal means a plain upload; this one will not change for the next blob.
    if (error.code === "UNSUPPORTED") uploads.noteMount("refused");
    return undefined;
  }
}

/** A registry may name what it has by another algorithm: that tells nothing. */
function isSame(response: Response, { digest }: Descriptor): boolean {
  const named = headerOf(response, "docker-content-digest");
  return named === undefined || !named.startsWith(`${parseDigest(digest).algorithm}:`) || named === digest;
}
