import { parseDigest } from "../digest.ts";
import type { BundleDocument } from "./document.ts";
import { roundUpToBlock, sizeOfTarHeader, TAR_END_SIZE } from "./tar-header.ts";

/** `oci-layout` of every volume: {@link https://github.com/opencontainers/image-spec/blob/v1.1.1/image-layout.md#oci-layout-file}. */
export const OCI_LAYOUT = '{"imageLayoutVersion":"1.0.0"}';

/** A file of a volume. Sizes and offsets are bytes. */
export interface Entry {
  readonly name: string;
  readonly size: number;
}

/** Where a file lies: its header, its content, and where the next header begins. */
export interface PlacedEntry extends Entry {
  readonly headerOffset: number;
  readonly offset: number;
  readonly end: number;
}

/** Every file of a volume, in order: it all follows from `bundle.json`. */
export function listEntries(document: BundleDocument, id: string, documentSize: number): Entry[] {
  const { index, dockerManifest, blobs } = document;
  return [
    { name: "oci-layout", size: OCI_LAYOUT.length },
    { name: "index.json", size: index.size },
    { name: "bundle.json", size: documentSize },
    { name: "volume.json", size: formatVolume(id).length },
    ...(dockerManifest === undefined ? [] : [{ name: "manifest.json", size: dockerManifest.size }]),
    ...blobs.map(({ digest, size }) => ({ name: blobPath(digest), size })),
  ];
}

/** The places of these files, one behind the other. */
export function placeEntries(entries: readonly Entry[]): PlacedEntry[] {
  let headerOffset = 0;
  return entries.map((entry) => {
    const offset = headerOffset + sizeOfTarHeader(entry.name);
    const placed = { ...entry, headerOffset, offset, end: offset + roundUpToBlock(entry.size) };
    headerOffset = placed.end;
    return placed;
  });
}

/** Size of the tar file whose last entry is the last of these. */
export function sizeOfTar(placed: readonly PlacedEntry[]): number {
  return (placed.at(-1)?.end ?? 0) + TAR_END_SIZE;
}

/** `blobs/ALGORITHM/HEX`: {@link https://github.com/opencontainers/image-spec/blob/v1.1.1/image-layout.md#blobs}. */
export function blobPath(digest: string): string {
  const { algorithm, hex } = parseDigest(digest);
  return `blobs/${algorithm}/${hex}`;
}

/** `volume.json` of the only volume. */
export function formatVolume(id: string): string {
  return JSON.stringify({ bundle: id, volume: 1, count: 1 });
}
