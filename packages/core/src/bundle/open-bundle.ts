import { closeOnFailure } from "../close-after.ts";
import type { Descriptor } from "../descriptor.ts";
import { BundleError } from "../error.ts";
import type { Manifest } from "../manifest.ts";
import type { ManifestGraph } from "../plan/manifest-graph.ts";
import type { OpenBlobOptions } from "../repository.ts";
import { checkAllButLayers } from "./check-content.ts";
import type { BundleProblem } from "./check-structure.ts";
import type { BundleDocument } from "./document.ts";
import { carriedFile, openFile, readRange } from "./file.ts";
import { type ReadableFile, readAhead } from "./read-ahead.ts";
import { type BundleHead, readHead } from "./read-head.ts";
import { type CheckFile, watchFile } from "./watch-file.ts";

/** More are no help to whoever has to copy the file again; `bundle verify` tells all. */
const MAX_PROBLEMS = 20;

/** A bundle that can be read. It is never unpacked: everything is read at its offset. */
export interface OpenedBundle {
  readonly path: string;
  /** Digest of `bundle.json`. */
  readonly id: string;
  readonly document: BundleDocument;
  /** Every manifest of the bundle, read. */
  readonly manifests: ManifestGraph;
  /** Does it carry this blob? */
  has(digest: string): boolean;
  /** A blob's bytes, not verified; each chunk is lent until the next one is asked for. @throws `BLOB_UNKNOWN`; `FILE_FAILED` if the file has changed since it was opened */
  openBlob(descriptor: Descriptor, options?: OpenBlobOptions): AsyncIterable<Uint8Array>;
  close(): Promise<void>;
}

/**
 * Opens a bundle and checks all of it but the layers' content, which is hashed where it is used.
 *
 * @throws `USAGE` if there is no such file, `FILE_FAILED`, `BUNDLE_UNSUPPORTED`, and `BUNDLE_INVALID` with up to twenty problems
 */
export async function openBundle(path: string): Promise<OpenedBundle> {
  const handle = await openFile(path);
  return await closeOnFailure(handle, async () => {
    const check = await watchFile(handle, path);
    const file = carriedFile(handle);
    const near = readAhead(file);
    const head = await readHead(near, path);
    const manifests = new Map<string, Manifest>();
    const problems = await collectProblems(near, head, manifests);
    const [first] = problems;
    if (first !== undefined) throw toError(path, first, problems);
    return {
      path,
      id: head.id,
      document: head.document,
      manifests,
      has: (digest) => head.blobs.has(digest),
      openBlob: (descriptor, options) => openBlob({ file, head, check }, descriptor, options),
      close: async () => await handle.close(),
    };
  });
}

/** A file that is open, and what is in it. */
interface OpenedFile {
  readonly file: ReadableFile;
  readonly head: BundleHead;
  readonly check: CheckFile;
}

async function* openBlob(
  { file, head, check }: OpenedFile,
  descriptor: Descriptor,
  options: OpenBlobOptions = {},
): AsyncGenerator<Uint8Array> {
  const { offset = 0, signal } = options;
  const place = head.blobs.get(descriptor.digest);
  if (place === undefined)
    throw new BundleError(
      "BLOB_UNKNOWN",
      `Cannot read blob ${descriptor.digest}: the bundle does not carry it`,
    );
  await check();
  let left = place.size - offset;
  try {
    for await (const chunk of readRange(file, place.offset + offset, left)) {
      signal?.throwIfAborted();
      left -= chunk.length;
      // Whatever has changed on the way, nobody gets all of it.
      if (left === 0) await check();
      yield chunk;
    }
  } catch (error) {
    // A file that was cut short meanwhile is told as such.
    await check();
    throw error;
  }
}

/**
 * All that is wrong outside of layers, up to {@link MAX_PROBLEMS}. Where something cannot be read any more, after damage was
 * found, that is what counts.
 */
async function collectProblems(
  file: ReadableFile,
  head: BundleHead,
  manifests: Map<string, Manifest>,
): Promise<readonly BundleProblem[]> {
  const problems: BundleProblem[] = [];
  try {
    for await (const problem of checkAllButLayers(file, head, manifests)) {
      problems.push(problem);
      if (problems.length === MAX_PROBLEMS) break;
    }
  } catch (error) {
    if (problems.length === 0) throw error;
  }
  return problems;
}

function toError(path: string, first: BundleProblem, problems: readonly BundleProblem[]): BundleError {
  const count = problems.length === MAX_PROBLEMS ? `${MAX_PROBLEMS} or more` : problems.length;
  const hint = `Copy the file again, or run bundle verify ${path} to see everything that is wrong with it`;
  if (problems.length === 1)
    return new BundleError("BUNDLE_INVALID", `Cannot use ${path}: ${describe(first)}`, { hint });
  const message = `Cannot use ${path}: ${describe(first)}, the first of ${count} problems`;
  const all = problems.map((problem) => ({ code: "BUNDLE_INVALID", message: describe(problem) }));
  return new BundleError("BUNDLE_INVALID", message, { hint, problems: all });
}

function describe({ message, offset, image }: BundleProblem): string {
  const where = offset === undefined ? "" : ` (at byte ${offset})`;
  const whose = image === undefined ? "" : `, needed by ${image}`;
  return `${message}${whose}${where}`;
}
