import type { AbortOptions } from "@airgap-bundle/core";
import { formatRoute } from "../routes.ts";
import { nameOf, type Remote } from "./remote.ts";
import { cancelSession } from "./upload-cancel.ts";
import { requestSession } from "./upload-session.ts";

/** Finds out whether a repository may be written: opens an upload and cancels it. */
export async function checkPush(remote: Remote, { signal }: AbortOptions): Promise<void> {
  const session = await requestSession(remote, {
    url: formatRoute({ kind: "uploads", repository: remote.path }),
    what: `push to ${nameOf(remote)}`,
    ...(signal && { signal }),
  });
  await cancelSession(remote, session);
}
