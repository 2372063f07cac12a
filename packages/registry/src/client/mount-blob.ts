import { type AbortOptions, type Descriptor, isBundleError } from "@airgap-bundle/core";
import { formatRoute } from "../routes.ts";
import { nameOf, pushScopes, type Remote } from "./remote.ts";
import { discard } from "./response.ts";

/** Any refusal means a plain upload; a session that the registry opens instead is left to its end. */
export async function mountBlob(
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
