import type { Descriptor } from "../descriptor.ts";
import { digestOf } from "../hash.ts";

/** An index with entries removed: a document of its own, with its own digest. */
export interface FilteredIndex {
  readonly descriptor: Descriptor;
  readonly content: Uint8Array;
}

/**
 * The original document with only these entries, by position; an entry that was itself filtered gets its new digest
 * and size. Order and unknown fields stay; it is written without white space.
 */
export function filterIndex(
  original: Descriptor,
  content: Uint8Array,
  kept: ReadonlyMap<number, Pick<Descriptor, "digest" | "size">>,
): FilteredIndex {
  const document = JSON.parse(new TextDecoder().decode(content)) as { manifests: readonly object[] };
  const manifests = document.manifests.flatMap((entry, position) => {
    const child = kept.get(position);
    return child === undefined ? [] : { ...entry, digest: child.digest, size: child.size };
  });
  const filtered = Buffer.from(JSON.stringify({ ...document, manifests }));
  const { mediaType } = original;
  return { descriptor: { mediaType, digest: digestOf(filtered), size: filtered.length }, content: filtered };
}
