import { contentOf, MAX_MANIFEST_SIZE, readAll, verified } from "./content.ts";
import type { Descriptor } from "./descriptor.ts";
import { BundleError, isBundleError } from "./error.ts";
import { FILE_CHUNK_SIZE, openBlobDirectory } from "./store/blob-directory.ts";

/**
 * Manifests and configs on disk, by digest, so that each is fetched once ever. It may be deleted at any time; what is
 * damaged in it counts as absent.
 */
export interface MetadataCache {
  /** Is it there? Its content is not read. */
  has(descriptor: Descriptor): Promise<boolean>;
  /** The bytes, verified; undefined if they are not there. */
  get(descriptor: Descriptor): Promise<Uint8Array | undefined>;
  /** The bytes, verified: from the cache, else fetched and kept. @throws `DIGEST_INVALID`, `SIZE_INVALID`, what `fetch` throws */
  getOrFetch(descriptor: Descriptor, fetch: () => Promise<Uint8Array>): Promise<Uint8Array>;
  /** Digests of what was fetched since the cache was opened. */
  readonly fetched: ReadonlySet<string>;
  /** Keeps bytes that were made here, not fetched. */
  put(descriptor: Descriptor, content: Uint8Array): Promise<void>;
}

/** The cache in this directory, which is made when something is first kept. @throws `FILE_FAILED` from every method */
export function openMetadataCache(directory: string): MetadataCache {
  const blobs = openBlobDirectory(directory);
  const fetched = new Set<string>();

  const failed = (error: unknown): unknown =>
    isBundleError(error, "FILE_FAILED")
      ? new BundleError("FILE_FAILED", `Cannot use the cache ${directory}: ${error.message}`, {
          cause: error,
          hint: "Check that directory, or name another with --cache-dir",
        })
      : error;

  const get = async (descriptor: Descriptor): Promise<Uint8Array | undefined> => {
    try {
      // One more, so that a file that is too long shows it.
      const chunkSize = Math.min(descriptor.size + 1, FILE_CHUNK_SIZE);
      const content = blobs.open(descriptor.digest, { chunkSize });
      return await readAll(verified(descriptor, content), MAX_MANIFEST_SIZE);
    } catch (error) {
      if (isBundleError(error, "BLOB_UNKNOWN") || isDamage(error)) return undefined;
      throw failed(error);
    }
  };
  const put = async (descriptor: Descriptor, content: Uint8Array): Promise<void> => {
    try {
      await blobs.put(descriptor, contentOf(content));
    } catch (error) {
      throw failed(error);
    }
  };

  return {
    fetched,
    get,
    put,
    has: async ({ digest, size }) => (await blobs.stat(digest))?.size === size,
    async getOrFetch(descriptor, fetch) {
      const cached = await get(descriptor);
      if (cached !== undefined) return cached;
      const content = await fetch();
      await put(descriptor, content);
      fetched.add(descriptor.digest);
      return content;
    },
  };
}

function isDamage(error: unknown): boolean {
  return isBundleError(error, "DIGEST_INVALID") || isBundleError(error, "SIZE_INVALID");
}
