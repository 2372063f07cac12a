import { createReadStream } from "node:fs";
import { open, rename, stat } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { closeAfter } from "../close-after.ts";
import { verified } from "../content.ts";
import type { Descriptor } from "../descriptor.ts";
import { parseDigest } from "../digest.ts";
import { BundleError } from "../error.ts";
import { isMissingFile, toFileError } from "../file-error.ts";
import type { AbortOptions, OpenBlobOptions } from "../repository.ts";
import { replaceFile } from "./replace-file.ts";

/** Fewer, larger reads: with node's default of 64 KiB the calls cost more than the hashing. */
export const FILE_CHUNK_SIZE: number = 256 * 1024;

/** Blobs by their digest. Errors of every method: `DIGEST_INVALID` for a malformed digest, `FILE_FAILED`. */
export interface BlobDirectory {
  /** Size of a blob; undefined if it is not there. */
  stat(digest: string): Promise<{ readonly size: number } | undefined>;

  /** A blob's bytes from `offset` to its end, not verified. @throws `BLOB_UNKNOWN` */
  open(digest: string, options?: OpenBlobOptions): AsyncIterable<Uint8Array>;

  /**
   * Stores a blob, replacing one that is there; when it resolves, the content is verified and flushed to the disk.
   * Readers see all of it or nothing. @throws `DIGEST_INVALID`, `SIZE_INVALID`, `NO_SPACE`, and what `content` throws
   */
  put(descriptor: Descriptor, content: AsyncIterable<Uint8Array>, options?: AbortOptions): Promise<void>;

  /**
   * As `put`, of a file on the same file system, which is moved here. It stays where it is if it is refused.
   *
   * @throws `DIGEST_INVALID`, `SIZE_INVALID`
   */
  adopt(descriptor: Descriptor, path: string): Promise<void>;
}

/**
 * Blobs as files `ALGORITHM/HEX` of a directory, as in an OCI image layout:
 * {@link https://github.com/opencontainers/image-spec/blob/v1.1.1/image-layout.md#blobs}. It is made when the first
 * blob is stored. What lies there is trusted; a reader that must not trust it passes it through `verified`.
 */
export function openBlobDirectory(directory: string): BlobDirectory {
  const pathOf = (digest: string): string => blobFile(directory, digest);

  return {
    stat: async (digest) => await statFile(pathOf(digest)),

    async *open(digest, options = {}) {
      const path = pathOf(digest);
      try {
        yield* readFileChunks(path, options);
      } catch (error) {
        if (!isMissingFile(error)) throw toFileError(error, path);
        throw new BundleError("BLOB_UNKNOWN", `Cannot read ${digest}: it is not there`, { cause: error });
      }
    },

    async put(descriptor, content, options = {}) {
      await replaceFile(
        pathOf(descriptor.digest),
        async (temporary) => await writeFileChunks(temporary, verified(descriptor, content), options),
      );
    },

    async adopt(descriptor, source) {
      for await (const _chunk of verified(descriptor, readFileChunks(source)));
      await replaceFile(pathOf(descriptor.digest), async (temporary) => {
        await syncFile(source);
        await rename(source, temporary);
      });
    },
  };
}

/** Where a blob lies in such a directory. @throws `DIGEST_INVALID` */
export function blobFile(directory: string, digest: string): string {
  const { algorithm, hex } = parseDigest(digest);
  return join(directory, algorithm, hex);
}

/** Size of a file; undefined if there is none. */
export async function statFile(path: string): Promise<{ readonly size: number } | undefined> {
  try {
    const { size } = await stat(path);
    return { size };
  } catch (error) {
    if (isMissingFile(error)) return undefined;
    throw toFileError(error, path);
  }
}

async function* readFileChunks(path: string, options: OpenBlobOptions = {}): AsyncGenerator<Uint8Array> {
  const { offset = 0, signal } = options;
  signal?.throwIfAborted();
  const stream = createReadStream(path, { start: offset, highWaterMark: FILE_CHUNK_SIZE });
  for await (const chunk of stream) {
    signal?.throwIfAborted();
    if (chunk instanceof Uint8Array) yield chunk;
  }
}

async function writeFileChunks(
  path: string,
  content: AsyncIterable<Uint8Array>,
  options: AbortOptions,
): Promise<void> {
  const { signal } = options;
  // A stream that opens it by itself may do so when it has failed and what it left behind is removed.
  const file = await open(path, "wx");
  const stream = file.createWriteStream({ flush: true, highWaterMark: FILE_CHUNK_SIZE });
  await pipeline(content, stream, signal === undefined ? {} : { signal });
}

async function syncFile(path: string): Promise<void> {
  const file = await open(path, "r+");
  await closeAfter(file, async () => await file.sync());
}
