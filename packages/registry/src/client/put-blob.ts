import {
  type AbortOptions,
  BundleError,
  type Descriptor,
  MEDIA_TYPES,
  type OpenContent,
  retry,
  verified,
} from "@airgap-bundle/core";
import { formatRoute } from "../routes.ts";
import { uploadLocation, withDigest } from "./location.ts";
import { nameOf, pushScopes, type Remote } from "./remote.ts";
import { discard, type Response } from "./response.ts";

/** Registries on object stores read a whole layer again before they answer. */
const UPLOAD_ANSWER_TIMEOUT_MS = 30 * 60_000;

/** POST and PUT; after a failure a new session from the first byte, since the old one is dead with most registries. */
export async function putBlob(
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
