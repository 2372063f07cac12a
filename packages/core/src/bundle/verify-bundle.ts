import type { EventSink } from "../events.ts";
import type { Manifest } from "../manifest.ts";
import type { AbortOptions } from "../repository.ts";
import { checkBlob } from "./check-blob.ts";
import { checkMetadata } from "./check-content.ts";
import { type BundleProblem, checkStructure } from "./check-structure.ts";
import { measureExtensions } from "./check-tail.ts";
import type { BundleDocument } from "./document.ts";
import { openFile } from "./file.ts";
import { readHead } from "./read-head.ts";

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
 * Reads every byte of a bundle and tells all that is wrong.
 *
 * @throws `USAGE`, `FILE_FAILED`, `BUNDLE_UNSUPPORTED`; `BUNDLE_INVALID` where `bundle.json` itself cannot be read
 */
export async function verifyBundle(path: string, options: VerifyBundleOptions = {}): Promise<BundleReport> {
  const { signal, onEvent } = options;
  const handle = await openFile(path);
  try {
    const head = await readHead(handle, path);
    const { id, document } = head;
    const problems = await Array.fromAsync(checkStructure(handle, head));
    // Of a file that is cut short nothing more can be said.
    const { size: fileSize } = await handle.stat();
    if (fileSize < head.size) return { id, document, problems, uncoveredSize: 0 };
    const uncoveredSize = await measureExtensions(handle, head);
    problems.push(...(await Array.fromAsync(checkMetadata(handle, head, new Map<string, Manifest>()))));
    const layers = document.blobs.filter(({ volume }) => volume > 0);
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
      problems.push(...found);
    }
    return { id, document, problems, uncoveredSize };
  } finally {
    await handle.close();
  }
}
