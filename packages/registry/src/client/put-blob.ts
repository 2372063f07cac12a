import {
  BundleError,
  changeError,
  closeAfter,
  type Descriptor,
  isBundleError,
  type OpenContent,
  type PutBlobOptions,
  parseDigest,
  retry,
  type StoredBy,
} from "@airgap-bundle/core";
import { answerOf } from "./answer-error.ts";
import { createContentReader } from "./content-reader.ts";
import { mountBlob } from "./mount-blob.ts";
import { statBlob } from "./pull-blob.ts";
import { nameOf, type Remote } from "./remote.ts";
import { headerOf, type Response, wordsOf } from "./response.ts";
import { sendContent, type Upload } from "./send-content.ts";
import { cancelSession } from "./upload-cancel.ts";
import { isRefusal } from "./upload-plan.ts";
import { openSession, type UploadSession } from "./upload-session.ts";

/** What has gone wrong with one blob so far. */
interface Troubles {
  /** Uploads that will not go on. */
  readonly abandoned: UploadSession[];
  /** How often the connection was cut while its bytes were sent. */
  cuts: number;
  /** How often other bytes arrived than were sent. */
  changed: number;
}

/**
 * Mounts a blob or sends it. After a failure a new session is filled from the first byte, since the old one is dead with
 * most registries; what arrived although the answer was lost is not sent again. Sessions left behind are cancelled.
 */
export async function putBlob(
  remote: Remote,
  descriptor: Descriptor,
  open: OpenContent,
  options: PutBlobOptions,
): Promise<StoredBy> {
  const { from, signal } = options;
  const { onEvent } = remote;
  const abort = signal === undefined ? {} : { signal };
  const opened = from === undefined ? undefined : await mountBlob(remote, descriptor, from, abort);
  if (opened === "mounted") return "mounted";
  const reader = createContentReader(descriptor, open);
  const upload: Upload = { remote, descriptor, reader, ...abort };
  const troubles: Troubles = { abandoned: [], cuts: 0, changed: 0 };
  const leftovers = {
    async close(): Promise<void> {
      await reader.close();
      // Not before the registry was asked whether the blob has arrived: it may be about to finish.
      await Promise.all(troubles.abandoned.map(async (session) => await cancelSession(remote, session)));
    },
  };
  await closeAfter(leftovers, async () => {
    await retry(
      async (attempt) => {
        if (attempt > 1 && (await mayHaveArrived(upload))) return;
        await uploadInSomeWay(upload, attempt === 1 ? opened : undefined, troubles);
      },
      {
        ...abort,
        ...(onEvent === undefined ? {} : { onEvent }),
        alsoRetryOnce: ["BLOB_UPLOAD_INVALID", "BLOB_UPLOAD_UNKNOWN"],
      },
    );
  });
  return "uploaded";
}

/** Goes from one way of sending to the next one where the registry refuses it. */
async function uploadInSomeWay(
  upload: Upload,
  opened: UploadSession | undefined,
  troubles: Troubles,
): Promise<void> {
  const { remote, descriptor, signal } = upload;
  const { uploads } = remote.memory;
  let waiting = opened;
  for (;;) {
    const plan = uploads.plan();
    const session = waiting ?? (await openSession(remote, descriptor, upload));
    waiting = undefined;
    try {
      await checkStored(upload, await sendContent(upload, plan, session));
      uploads.confirm(plan);
      return;
    } catch (error) {
      if (!isBundleError(error, "BLOB_UPLOAD_UNKNOWN")) troubles.abandoned.push(session);
      signal?.throwIfAborted();
      if (upload.reader.failure() !== undefined) throw error;
      if (isBundleError(error, "CONNECTION_FAILED")) troubles.cuts += 1;
      if (isChanged(error)) troubles.changed += 1;
      const isAgain = isChanged(error) && troubles.changed === 1;
      const { cuts } = troubles;
      if (!isAgain && !uploads.replace({ plan, error, size: descriptor.size, cuts }))
        throw withRefused(error, uploads.refused());
    }
  }
}

/** Did the registry get other bytes than were sent? */
function isChanged(error: unknown): boolean {
  return isBundleError(error, "DIGEST_INVALID") && answerOf(error) !== undefined;
}

/** With 201 a registry says that it has the blob; after other answers it is asked. */
async function checkStored(upload: Upload, response: Response): Promise<void> {
  const { remote, descriptor } = upload;
  const { digest } = descriptor;
  const named = headerOf(response, "docker-content-digest");
  const { algorithm } = parseDigest(digest);
  if (named?.startsWith(`${algorithm}:`) === true && named !== digest) {
    throw new BundleError(
      "DIGEST_INVALID",
      `Cannot push blob ${digest} to ${nameOf(remote)}: the registry has ${wordsOf(response, "docker-content-digest")} afterwards`,
    );
  }
  if (response.statusCode === 201 || (await hasArrived(upload))) return;
  throw new BundleError(
    "BLOB_UPLOAD_INVALID",
    `Cannot push blob ${digest} to ${nameOf(remote)}: the registry answered ${response.statusCode} and does not have it`,
    { hint: "Check that the host is a registry, and nothing that answers in its place" },
  );
}

/** A look that fails decides nothing: the upload that follows says what is wrong. */
async function mayHaveArrived(upload: Upload): Promise<boolean> {
  try {
    return await hasArrived(upload);
  } catch (error) {
    if (isBundleError(error)) return false;
    throw error;
  }
}

/** One attempt: whoever wants to know tries again. */
async function hasArrived({ remote, descriptor, signal }: Upload): Promise<boolean> {
  const found = await statBlob(remote, descriptor.digest, { attempts: 1, ...(signal && { signal }) });
  return found !== undefined && (found.size ?? descriptor.size) === descriptor.size;
}

/** Names the ways that were tried before, where the last one is refused too. */
function withRefused(error: unknown, refused: readonly string[]): unknown {
  if (refused.length === 0 || !isBundleError(error) || !isRefusal(error)) return error;
  // docker's registry says the same of a session that is another copy's: that is no matter of the way.
  if (error.code === "BLOB_UPLOAD_UNKNOWN") return error;
  return changeError(error, {
    message: `${error.message}; refused before: ${refused.join(", ")}`,
    hint: "Set how many bytes are sent at once with --chunk-size, or have the limits of the registry and its proxies raised",
  });
}
