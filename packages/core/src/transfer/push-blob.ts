import type { OpenedBundle } from "../bundle/open-bundle.ts";
import type { Descriptor } from "../descriptor.ts";
import { BundleError, isBundleError } from "../error.ts";
import type { EventSink } from "../events.ts";
import type { AbortOptions, Repository, StoredBy } from "../repository.ts";
import { countBytes } from "./count-bytes.ts";

/** How a blob came to be in a repository. */
export type BlobArrival = StoredBy | "existing";

/** Where a blob is wanted. */
export interface BlobDestination {
  readonly repository: Repository;
  /** A repository of the same registry that has it by now; undefined if none is known. */
  readonly holder: string | undefined;
}

/** What a push tells on its way. */
export interface PushBlobOptions extends AbortOptions {
  readonly onEvent?: EventSink;
}

/**
 * Makes sure that a repository has a blob: looks, takes it from where it is known to be, else sends it.
 *
 * @throws `DIGEST_INVALID` if the bundle has it damaged, in which case the registry never gets all of it; what the
 * registry failed with
 */
export async function pushBlob(
  bundle: OpenedBundle,
  descriptor: Descriptor,
  destination: BlobDestination,
  options: PushBlobOptions,
): Promise<BlobArrival> {
  const { signal } = options;
  const { digest, size } = descriptor;
  const known = await destination.repository.statBlob(digest, signal === undefined ? {} : { signal });
  if (known !== undefined && (known.size ?? size) === size) return "existing";
  return await sendBlob(bundle, descriptor, destination, options);
}

/** Sends a blob, or has the registry take it from `holder`, whether it seems to be there or not. @throws as {@link pushBlob} */
export async function sendBlob(
  bundle: OpenedBundle,
  descriptor: Descriptor,
  { repository, holder }: BlobDestination,
  options: PushBlobOptions,
): Promise<StoredBy> {
  const { onEvent, signal } = options;
  const abort = signal === undefined ? {} : { signal };
  try {
    const open = (): AsyncIterable<Uint8Array> =>
      countBytes(descriptor.digest, bundle.openBlob(descriptor, abort), onEvent);
    const from = holder === undefined ? {} : { from: holder };
    return await repository.putBlob(descriptor, open, { ...abort, ...from });
  } catch (error) {
    throw isBundleError(error, "DIGEST_INVALID") ? damaged(bundle, error) : error;
  }
}

function damaged({ path }: OpenedBundle, error: BundleError): BundleError {
  return new BundleError(error.code, error.message, {
    cause: error,
    hint: `Run bundle verify ${path}: if it is damaged copy it again, if it is sound something on the way to the registry changes content`,
  });
}
