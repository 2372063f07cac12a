import type { ComposedBundle } from "./compose-bundle.ts";
import { type JournalEntries, type JournalEntry, notedSize } from "./journal.ts";
import type { Move } from "./order-moves.ts";

/** What is noted of a layer, with where it lies and where it is to lie. */
export interface NotedMove extends Move {
  readonly digest: string;
  readonly entry: JournalEntry;
  /** False for a layer of another bundle, which is kept behind this one. */
  readonly isOfBundle: boolean;
}

/** What becomes of noted layers in a file that has a bundle at its beginning. */
export interface Arrangement {
  readonly moves: readonly NotedMove[];
  /** Of the file, in bytes. */
  readonly size: number;
  /** What there is no room for. */
  readonly dropped: readonly NotedMove[];
}

/**
 * Puts the layers of a bundle to their places and the others behind it, one after the other, as long as they take no more
 * than `spare` bytes: for an export whose plan lacks them only because a registry was down.
 */
export function arrange(noted: JournalEntries, bundle: ComposedBundle, spare: number): Arrangement {
  const places = new Map(bundle.layers.map((layer) => [layer.descriptor.digest, layer]));
  const moves: NotedMove[] = [];
  const dropped: NotedMove[] = [];
  let end = bundle.size;
  for (const [digest, entry] of [...noted].sort(([, a], [, b]) => a.offset - b.offset)) {
    const size = notedSize(entry);
    const place = places.get(digest);
    const isOfBundle = place !== undefined;
    const move = { digest, entry, isOfBundle, from: entry.offset, to: place?.offset ?? end, size };
    const fits = isOfBundle ? size <= place.size : end + size <= bundle.size + spare;
    if (fits && !isOfBundle) end += size;
    (fits ? moves : dropped).push(move);
  }
  return { moves, size: end, dropped };
}
