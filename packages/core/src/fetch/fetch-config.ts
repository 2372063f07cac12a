import type { Descriptor } from "../descriptor.ts";
import type { RepositoryName } from "../reference.ts";
import { createBlobSink } from "./blob-sink.ts";
import { type FetchBlobOptions, fetchBlob } from "./fetch-blob.ts";

/** A config's bytes, verified, from the first of these repositories that gives it. @throws what {@link fetchBlob} throws */
export async function fetchConfig(
  config: Descriptor,
  places: readonly RepositoryName[],
  options: FetchBlobOptions,
): Promise<Uint8Array> {
  const content = Buffer.alloc(config.size);
  const write = async (chunk: Uint8Array, position: number): Promise<void> => {
    content.set(chunk, position);
    await Promise.resolve();
  };
  await fetchBlob(config, places, createBlobSink(config, { write }), options);
  return content;
}
