import { isContentOf, MAX_MANIFEST_SIZE, requireContentOf } from "./content.ts";
import type { Descriptor } from "./descriptor.ts";
import { BundleError, isBundleError } from "./error.ts";
import { describeFileError, isMissingFile, toHandleError } from "./file-error.ts";
import { blobFile, statFile } from "./store/blob-directory.ts";
import { readSmallFile, replaceSmallFile } from "./store/small-file.ts";

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
  const fetched = new Set<string>();

  const failed = (thrown: unknown, path: string): unknown => {
    const error = toHandleError(thrown, path);
    return isBundleError(error) ? cacheError(name, error) : error;
  };

  const get = async ({ digest, size }: Descriptor): Promise<Uint8Array | undefined> => {
    if (size > MAX_MANIFEST_SIZE) return undefined;
    const path = blobFile(directory, digest);
    try {
      // One more, so that a file that is too long shows it.
      const content = readSmallFile(path, size + 1);
      return isContentOf({ digest, size }, content) ? content : undefined;
    } catch (error) {
      if (isMissingFile(error)) return undefined;
      throw failed(error, path);
    }
  };
  const put = async (descriptor: Descriptor, content: Uint8Array): Promise<void> => {
    requireContentOf(descriptor, content);
    const path = blobFile(directory, descriptor.digest);
    try {
      await replaceSmallFile(path, content);
    } catch (error) {
      throw failed(error, path);
    }
  };

  return {
    fetched,
    get,
    put,
    async has({ digest, size }) {
      const path = blobFile(directory, digest);
      try {
        return (await statFile(path))?.size === size;
      } catch (error) {
        throw failed(error, path);
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
