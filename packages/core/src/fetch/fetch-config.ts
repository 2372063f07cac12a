import { readAll, verified } from "../content.ts";
import type { Descriptor } from "../descriptor.ts";
import type { RepositoryName } from "../reference.ts";
import { type FetchBlobOptions, fetchBlob } from "./fetch-blob.ts";

/** A config's bytes, verified, from the first of these repositories that gives it. @throws what {@link fetchBlob} throws */
export async function fetchConfig(
  config: Descriptor,
  places: readonly RepositoryName[],
  options: FetchBlobOptions,
): Promise<Uint8Array> {
  let content: Uint8Array = new Uint8Array();
  const consume = async (bytes: AsyncIterable<Uint8Array>, from: string): Promise<void> => {
    content = await readAll(verified(config, bytes, from), config.size);
  };
  await fetchBlob(config, places, consume, options);
  return content;
}
