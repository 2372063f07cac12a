import { digestOf } from "../hash.ts";
import { checkTail } from "./check-tail.ts";
import { readExactly } from "./file.ts";
import { formatVolume, OCI_LAYOUT, type PlacedEntry } from "./layout.ts";
import type { ReadableFile } from "./read-ahead.ts";
import type { BundleHead } from "./read-head.ts";
import { encodeTarHeader } from "./tar-header.ts";

/** Something wrong with a bundle. `offset` is in bytes from the beginning of the file. */
export interface BundleProblem {
  readonly kind:
    | "length"
    | "header"
    | "padding"
    | "file"
    | "digest"
    | "manifest"
    | "missing"
    | "size"
    | "unused"
    /** Not of the bundle: there is more than was looked for. */
    | "unread";
  readonly message: string;
  /** Source reference of the image concerned. */
  readonly image?: string;
  readonly digest?: string;
  readonly volume?: number;
  readonly offset?: number;
}

/** Compares a volume's length, every header, the zeros between and the files before the blobs with what they must be. */
export async function* checkStructure(handle: ReadableFile, head: BundleHead): AsyncGenerator<BundleProblem> {
  const { size } = await handle.stat();
  if (size < head.size) {
    const message = `the file is cut short: it has ${size} of ${head.size} bytes`;
    yield { kind: "length", message, volume: 1 };
    return;
  }
  for (const entry of head.entries) yield* checkEntry(handle, entry);
  yield* checkTail(handle, head);
  yield* checkFiles(handle, head);
}

async function* checkEntry(handle: ReadableFile, entry: PlacedEntry): AsyncGenerator<BundleProblem> {
  const { name, size, headerOffset, offset, end } = entry;
  const expected = encodeTarHeader(name, size);
  if (!expected.equals(await readExactly(handle, headerOffset, expected.length))) {
    yield {
      kind: "header",
      message: `the header of ${name} is damaged or is another's`,
      offset: headerOffset,
    };
  }
  const padding = await readExactly(handle, offset + size, end - offset - size);
  if (hasBytes(padding))
    yield { kind: "padding", message: `the padding of ${name} is not made of zeros`, offset: offset + size };
}

/** `oci-layout` and `volume.json` have one possible content, `index.json` and `manifest.json` a digest in `bundle.json`. */
async function* checkFiles(handle: ReadableFile, head: BundleHead): AsyncGenerator<BundleProblem> {
  const { index, dockerManifest } = head.document;
  const expected = new Map([
    ["oci-layout", digestOf(OCI_LAYOUT)],
    ["index.json", index.digest],
    ["volume.json", digestOf(formatVolume(head.id))],
    ...(dockerManifest === undefined ? [] : [["manifest.json", dockerManifest.digest] as const]),
  ]);
  for (const { name, offset, size } of head.entries) {
    const digest = expected.get(name);
    if (digest === undefined || digest === digestOf(await readExactly(handle, offset, size))) continue;
    yield { kind: "file", message: `${name} is not what it must be`, offset };
  }
}

function hasBytes(content: Uint8Array): boolean {
  return content.some((byte) => byte !== 0);
}
