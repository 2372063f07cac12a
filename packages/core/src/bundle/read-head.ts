import { BundleError, changeError, isBundleError } from "../error.ts";
import { digestOf } from "../hash.ts";
import { type BundleDocument, MAX_DOCUMENT_SIZE, parseBundleDocument } from "./document.ts";
import { readExactly } from "./file.ts";
import { listEntries, OCI_LAYOUT, type PlacedEntry, placeEntries, sizeOfTar } from "./layout.ts";
import type { ReadableFile } from "./read-ahead.ts";
import { decodeTarHeader, roundUpToBlock, TAR_BLOCK_SIZE } from "./tar-header.ts";

/** What the head of a volume says about all that follows. */
export interface BundleHead {
  readonly id: string;
  readonly document: BundleDocument;
  /** Every file of the volume and where it must lie. */
  readonly entries: readonly PlacedEntry[];
  /** Where the blobs must lie, by digest. */
  readonly blobs: ReadonlyMap<string, PlacedEntry>;
  /** Size that the volume must have, in bytes. */
  readonly size: number;
}

/**
 * Reads `bundle.json`, which stands behind `oci-layout` and `index.json`, and works out from it where everything lies.
 *
 * @throws `BUNDLE_INVALID` if it is no bundle at all, `BUNDLE_UNSUPPORTED` if it is one that this version does not read
 */
export async function readHead(handle: ReadableFile, path: string): Promise<BundleHead> {
  const layout = await readFirstHeader(handle, path);
  if (layout.name !== "oci-layout" || layout.size !== OCI_LAYOUT.length)
    throw notABundle(path, `it begins with ${JSON.stringify(layout.name)}`);
  const index = await readHeader(handle, layout.end, "index.json");
  const { offset, size } = await readHeader(handle, index.end, "bundle.json");
  const content = await readExactly(handle, offset, size);
  const document = readDocument(content, path);
  const id = digestOf(content);
  const entries = placeEntries(listEntries(document, id, size));
  return { id, document, entries, blobs: placeBlobs(document, entries), size: sizeOfTar(entries) };
}

/** @throws what {@link parseBundleDocument} does, naming the file that is to be copied again */
function readDocument(content: Uint8Array, path: string): BundleDocument {
  try {
    return parseBundleDocument(content);
  } catch (error) {
    if (!isBundleError(error, "BUNDLE_INVALID")) throw error;
    throw changeError(error, {
      hint: `Copy ${path} again from where it was made: it is damaged, or no bundle of this tool`,
    });
  }
}

/** The blobs are the last entries, in the order of `bundle.json`. */
function placeBlobs(
  document: BundleDocument,
  entries: readonly PlacedEntry[],
): ReadonlyMap<string, PlacedEntry> {
  const places = entries.slice(entries.length - document.blobs.length).values();
  const byDigest = new Map<string, PlacedEntry>();
  for (const { digest } of document.blobs) {
    const { value } = places.next();
    if (value === undefined || byDigest.has(digest)) {
      throw new BundleError("BUNDLE_INVALID", `Cannot read bundle.json: it lists ${digest} twice`);
    }
    byDigest.set(digest, value);
  }
  return byDigest;
}

/** What people do to a file before they carry it. */
const COMPRESSIONS = [
  { magic: "1f8b", program: "gunzip" },
  { magic: "28b52ffd", program: "unzstd" },
  { magic: "fd377a585a00", program: "unxz" },
] as const;

/** A file that is no tar at all is told apart from a damaged bundle. */
async function readFirstHeader(handle: ReadableFile, path: string): Promise<PlacedEntry> {
  const { size } = await handle.stat();
  if (size < TAR_BLOCK_SIZE) throw notABundle(path, `it has ${size} bytes; it may have been cut short`);
  const start = await readExactly(handle, 0, TAR_BLOCK_SIZE);
  const header = decodeTarHeader(start);
  if (header !== undefined) return placeAt(0, header);
  const compression = COMPRESSIONS.find(({ magic }) => start.toString("hex").startsWith(magic));
  throw notABundle(
    path,
    compression === undefined
      ? "it does not begin as one"
      : `it is compressed: decompress it first, with ${compression.program}`,
  );
}

async function readHeader(handle: ReadableFile, headerOffset: number, name: string): Promise<PlacedEntry> {
  const header = decodeTarHeader(await readExactly(handle, headerOffset, TAR_BLOCK_SIZE));
  if (header?.name !== name) {
    throw new BundleError(
      "BUNDLE_INVALID",
      `Cannot read the bundle: ${name} is not at byte ${headerOffset}, where it belongs`,
    );
  }
  if (header.size > MAX_DOCUMENT_SIZE) {
    throw new BundleError(
      "BUNDLE_INVALID",
      `Cannot read the bundle: ${name} is larger than the ${MAX_DOCUMENT_SIZE} bytes allowed`,
    );
  }
  return placeAt(headerOffset, header);
}

function placeAt(
  headerOffset: number,
  header: { readonly name: string; readonly size: number },
): PlacedEntry {
  const offset = headerOffset + TAR_BLOCK_SIZE;
  return { ...header, headerOffset, offset, end: offset + roundUpToBlock(header.size) };
}

function notABundle(path: string, what: string): BundleError {
  return new BundleError("BUNDLE_INVALID", `Cannot read ${path}: it is not a bundle, ${what}`, {
    hint: "Give the .tar file that bundle export wrote",
  });
}
