import type { Descriptor } from "../descriptor.ts";
import type { ComposedBundle, PlacedBlob } from "./compose-bundle.ts";
import type { PlacedEntry } from "./layout.ts";
import { encodeTarHeader, TAR_END_SIZE } from "./tar-header.ts";

/** Gives a blob's bytes, verified. */
export type ReadMetadata = (descriptor: Descriptor) => Promise<Uint8Array>;

/** Bytes and where they belong in the volume. */
export interface Piece {
  readonly offset: number;
  readonly content: Uint8Array;
}

/** All that stands before the first layer, front to back. */
export async function* headPieces(bundle: ComposedBundle, readMetadata: ReadMetadata): AsyncGenerator<Piece> {
  for (const file of bundle.files) yield* entryPieces(file, Buffer.from(file.content));
  for (const blob of bundle.metadata) yield* entryPieces(blob, await readMetadata(blob.descriptor));
}

/** What stands before a layer's content. */
export function layerHeader(layer: PlacedBlob): Piece {
  return { offset: layer.headerOffset, content: encodeTarHeader(layer.name, layer.size) };
}

/** The zeros behind an entry's content. */
export function padding({ offset, size, end }: PlacedEntry): Piece {
  return { offset: offset + size, content: Buffer.alloc(end - offset - size) };
}

/** The zeros that end the volume. */
export function endOfArchive(bundle: ComposedBundle): Piece {
  return { offset: bundle.size - TAR_END_SIZE, content: Buffer.alloc(TAR_END_SIZE) };
}

function* entryPieces(entry: PlacedEntry, content: Uint8Array): Generator<Piece> {
  yield { offset: entry.headerOffset, content: encodeTarHeader(entry.name, entry.size) };
  yield { offset: entry.offset, content };
  yield padding(entry);
}
