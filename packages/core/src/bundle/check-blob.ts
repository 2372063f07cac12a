import { createDigestHash } from "../hash.ts";
import type { AbortOptions } from "../repository.ts";
import type { BundleProblem } from "./check-structure.ts";
import { readRange } from "./file.ts";
import type { ReadableFile } from "./read-ahead.ts";
import type { BundleHead } from "./read-head.ts";

/** How a blob is read: told of every chunk, in bytes. */
export interface CheckBlobOptions extends AbortOptions {
  readonly onChunk?: (size: number) => void;
}

/** Reads one blob and compares it with its digest. */
export async function* checkBlob(
  handle: ReadableFile,
  head: BundleHead,
  digest: string,
  options: CheckBlobOptions = {},
): AsyncGenerator<BundleProblem> {
  const { signal, onChunk } = options;
  const place = head.blobs.get(digest);
  if (place === undefined) return;
  const hash = createDigestHash(digest);
  for await (const chunk of readRange(handle, place.offset, place.size)) {
    signal?.throwIfAborted();
    hash.update(chunk);
    onChunk?.(chunk.length);
  }
  if (digest.endsWith(`:${hash.digest("hex")}`)) return;
  yield {
    kind: "digest",
    message: `blob ${digest} is damaged: its content has another digest`,
    digest,
    volume: 1,
    offset: place.offset,
  };
}
