import { contentOf, isContentOf } from "../content.ts";
import type { Descriptor } from "../descriptor.ts";
import { BundleError, isBundleError, isDamage } from "../error.ts";
import type { EventSink } from "../events.ts";
import { isForAll } from "../is-for-all.ts";
import type { RepositoryName } from "../reference.ts";
import type { AbortOptions, Source } from "../repository.ts";
import { retry } from "../retry.ts";
import type { BlobSink } from "./blob-sink.ts";

/** `{}` in base64: {@link https://github.com/opencontainers/image-spec/blob/v1.1.1/manifest.md#guidance-for-an-empty-descriptor}. */
const EMPTY_JSON = "e30=";
const MANIFEST = "the manifest that names it";

/**
 * Another repository may have it whole, behind a cache of its own; but most registries keep a blob once for all of them,
 * and each is asked for all of it twice.
 */
const MAX_DAMAGED_PLACES = 2;

/** Opens a repository to read from. */
export type OpenSource = (name: RepositoryName) => Source;

/** How a blob is fetched. */
export interface FetchBlobOptions extends AbortOptions {
  readonly openSource: OpenSource;
  readonly onEvent?: EventSink;
}

/**
 * Brings a blob from these repositories, one after the other until it is whole; each is tried again where that may help,
 * and goes on where the attempt before ended.
 *
 * @throws what the first repository failed with that does not merely lack it, or what `sink` failed with for its own
 * reasons; `BLOB_UNKNOWN` if all lack it
 */
export async function fetchBlob(
  descriptor: Descriptor,
  places: readonly RepositoryName[],
  sink: BlobSink,
  options: FetchBlobOptions,
): Promise<void> {
  const failures: BundleError[] = [];
  /** Asking a registry that asks for patience in another repository would only use it up. */
  const limited = new Set<string>();
  for (const place of places) {
    if (limited.has(place.registry)) continue;
    try {
      return await fetchFrom(descriptor, place, sink, options);
    } catch (error) {
      options.signal?.throwIfAborted();
      if (!isBundleError(error) || isForAll(error)) throw error;
      failures.push(error);
      if (error.code === "TOOMANYREQUESTS") limited.add(place.registry);
      if (failures.filter(isDamage).length === MAX_DAMAGED_PLACES) break;
    }
  }
  const inline = failures.some(isLack) ? inlineContent(descriptor) : undefined;
  if (inline === undefined)
    throw failures.find((error) => !isLack(error)) ?? failures[0] ?? noPlace(descriptor);
  await sink.append(contentOf(inline.subarray(sink.position())), MANIFEST);
  await sink.finish(MANIFEST);
}

function isLack({ code }: BundleError): boolean {
  return code === "BLOB_UNKNOWN";
}

function noPlace({ digest }: Descriptor): BundleError {
  return new BundleError("BLOB_UNKNOWN", `Cannot fetch ${digest}: no repository is known to have it`);
}

/**
 * What is known of a blob without asking for it, if it is right: its `data`, or the empty JSON document that artifacts
 * have for a config and that not every registry keeps.
 */
function inlineContent(descriptor: Descriptor): Uint8Array | undefined {
  const content = Buffer.from(descriptor.data ?? EMPTY_JSON, "base64");
  return isContentOf(descriptor, content) ? content : undefined;
}

async function fetchFrom(
  descriptor: Descriptor,
  place: RepositoryName,
  sink: BlobSink,
  options: FetchBlobOptions,
): Promise<void> {
  const { openSource, signal, onEvent } = options;
  const source = openSource(place);
  const from = `${place.registry}/${place.repository}`;
  const abort = signal === undefined ? {} : { signal };
  const work = async (): Promise<void> => {
    const offset = sink.position();
    if (offset < descriptor.size) await sink.append(source.openBlob(descriptor, { ...abort, offset }), from);
    await sink.finish(from);
  };
  await retry(work, {
    ...abort,
    ...(onEvent === undefined ? {} : { onEvent }),
    alsoRetryOnce: ["DIGEST_INVALID", "SIZE_INVALID"],
    progress: sink.position,
  });
}
