import { contentOf, MAX_MANIFEST_SIZE, readAll, verified } from "./content.ts";
import type { Descriptor } from "./descriptor.ts";
import { BundleError, isBundleError, isDamage } from "./error.ts";
import { describeFileError } from "./file-error.ts";
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

/**
 * The cache in this directory, which is made when something is first kept. Messages call it `name`: what whoever may
 * choose another place has to know.
 *
 * @default name the directory
 * @throws `FILE_FAILED`, `NO_SPACE` from every method
 */
export function openMetadataCache(directory: string, name: string = directory): MetadataCache {
  const blobs = openBlobDirectory(directory);
  const fetched = new Set<string>();

  const failed = (error: unknown): unknown =>
    isBundleError(error, "FILE_FAILED") || isBundleError(error, "NO_SPACE") ? cacheError(name, error) : error;

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
    async has({ digest, size }) {
      try {
        return (await blobs.stat(digest))?.size === size;
      } catch (error) {
        throw failed(error);
      }
    },
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

/** The error of a cache that cannot be used, whatever file of it was wanted. */
export function cacheError(name: string, error: BundleError): BundleError {
  const reason = error.code === "NO_SPACE" ? "no space is left" : describeFileError(error.cause ?? error);
  return new BundleError(error.code, `Cannot use the cache ${name}: ${reason}`, {
    cause: error,
    hint: "Check that directory, or name another with --cache-dir",
  });
}
