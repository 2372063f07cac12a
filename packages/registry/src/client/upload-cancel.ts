import { isBundleError } from "@airgap-bundle/core";
import { nameOf, pushScopes, type Remote } from "./remote.ts";
import { discard } from "./response.ts";
import type { UploadSession } from "./upload-session.ts";

/** Whoever has given up does not wait any longer for the registry to be told. */
const CANCEL_TIMEOUT_MS = 5000;

/**
 * Tells a registry that an upload will not go on, so that it need not keep what has come. It may refuse that, or be gone:
 * registries clear away by themselves what is left, and the log of requests has the answer.
 * {@link https://distribution.github.io/distribution/spec/api/#canceling-an-upload}
 */
export async function cancelSession(remote: Remote, session: UploadSession): Promise<void> {
  const url = session.location();
  const signal = AbortSignal.timeout(CANCEL_TIMEOUT_MS);
  try {
    // Nothing is deleted at another host, which the registry has only named.
    if (new URL(url).origin !== (await remote.transport.origin())) return;
    const response = await remote.transport.send({
      method: "DELETE",
      url,
      scopes: pushScopes(remote),
      // docker's registry wants another right for it: that must not cost the login with which the push goes on. Nor need
      // anything wait where a registry fails at it.
      expected: "any",
      what: `cancel an upload to ${nameOf(remote)}`,
      attempts: 1,
      signal,
    });
    await discard(response);
  } catch (error) {
    if (!isBundleError(error) && !signal.aborted) throw error;
  }
}
