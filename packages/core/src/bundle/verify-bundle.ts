import { closeAfter } from "../close-after.ts";
import type { EventSink } from "../events.ts";
import type { Manifest } from "../manifest.ts";
import type { AbortOptions } from "../repository.ts";
import { checkBlob } from "./check-blob.ts";
import { checkAllButLayers } from "./check-content.ts";
import type { BundleProblem } from "./check-structure.ts";
import { measureExtensions } from "./check-tail.ts";
import type { BundleBlob, BundleDocument } from "./document.ts";
import { carriedFile, openFile } from "./file.ts";
import { type ReadableFile, readAhead } from "./read-ahead.ts";
import { type BundleHead, readHead } from "./read-head.ts";

/** Whoever has seen so many knows what is the matter; a file of a megabyte can have millions. */
const MAX_PROBLEMS = 1000;

/** How a bundle is verified. */
export interface VerifyBundleOptions extends AbortOptions {
  readonly onEvent?: EventSink;
}

/** What was found in a bundle. */
export interface BundleReport {
  readonly id: string;
  readonly document: BundleDocument;
  /** None: every byte of the file that the id covers is what it must be. */
  readonly problems: readonly BundleProblem[];
  /** Bytes under `ext/`, which the id does not cover. */
  readonly uncoveredSize: number;
}

/**
 * Reads every byte of a bundle and tells all that is wrong; after a thousand problems it reads no further, and the last
 * one says so.
 *
 * @throws `USAGE`, `FILE_FAILED`, `BUNDLE_UNSUPPORTED`; `BUNDLE_INVALID` where `bundle.json` itself cannot be read
 */
export async function verifyBundle(path: string, options: VerifyBundleOptions = {}): Promise<BundleReport> {
  const handle = await openFile(path);
  const file = readAhead(carriedFile(handle));
  return await closeAfter(handle, async () => {
    const head = await readHead(file, path);
    const { id, document } = head;
    const problems: BundleProblem[] = [];
    for await (const problem of findProblems(file, head, options)) {
      if (problems.length === MAX_PROBLEMS) {
        problems.push({ kind: "unread", message: "there are more problems: nothing was read behind these" });
        break;
      }
      problems.push(problem);
    }
    return { id, document, problems, uncoveredSize: await measureExtensions(file, head) };
  });
}

async function* findProblems(
  handle: ReadableFile,
  head: BundleHead,
  options: VerifyBundleOptions,
): AsyncGenerator<BundleProblem> {
  // A manifest may lie among the layers.
  const damaged = new Set<string>();
  for await (const problem of checkAllButLayers(handle, head, new Map<string, Manifest>())) {
    if (problem.kind === "digest" && problem.digest !== undefined) damaged.add(problem.digest);
    yield problem;
  }
  // Of a file that is cut short nothing more can be said.
  const { size } = await handle.stat();
  if (size < head.size) return;
  const layers = head.document.blobs.filter(({ volume, digest }) => volume > 0 && !damaged.has(digest));
  yield* checkLayers(handle, head, layers, options);
}

async function* checkLayers(
  handle: ReadableFile,
  head: BundleHead,
  layers: readonly BundleBlob[],
  { signal, onEvent }: VerifyBundleOptions,
): AsyncGenerator<BundleProblem> {
  onEvent?.({
    kind: "phase",
    phase: "verify",
    total: layers.length,
    size: layers.reduce((sum, { size }) => sum + size, 0),
  });
  for (const { digest, size } of layers) {
    onEvent?.({ kind: "blob-start", digest, size, title: digest });
    const onChunk = (chunk: number): void => onEvent?.({ kind: "blob-progress", digest, size: chunk });
    const found = await Array.fromAsync(
      checkBlob(handle, head, digest, { onChunk, ...(signal === undefined ? {} : { signal }) }),
    );
    onEvent?.({ kind: "blob-end", digest, ok: found.length === 0 });
    yield* found;
  }
}
