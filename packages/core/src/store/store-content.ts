import { contentOf, MAX_MANIFEST_SIZE, readAll, verified } from "../content.ts";
import type { Descriptor } from "../descriptor.ts";
import { isDigest } from "../digest.ts";
import { BundleError } from "../error.ts";
import { isRepository, isTag } from "../reference.ts";
import type { OpenContent, Repository, Source, StoreRepository } from "../repository.ts";
import { checkManifest, type HeldContent } from "./check-manifest.ts";
import type { EntryKey, EntryKind, StoreBackend } from "./store-backend.ts";
import { openReferrers } from "./store-referrers.ts";

/** One repository's blobs, manifests and tags. `repository` has been checked by grammar. */
export function openContent(
  backend: StoreBackend,
  repository: string,
): Repository & Pick<StoreRepository, "statBlob" | "mountBlob"> {
  const { blobs } = backend;
  const at = (kind: EntryKind, name: string): EntryKey => ({ repository, kind, name });
  const has = async (kind: EntryKind, name: string): Promise<boolean> =>
    isDigest(name) && (await backend.readEntry(at(kind, name))) !== undefined;
  const held: HeldContent = {
    hasBlob: async (digest) => await has("blobs", digest),
    hasManifest: async (digest) => await has("manifests", digest),
  };

  const mountBlob: StoreRepository["mountBlob"] = async ({ digest }, from) => {
    if (!isRepository(from) || !isDigest(digest)) return false;
    const isThere =
      (await backend.readEntry({ repository: from, kind: "blobs", name: digest })) !== undefined;
    if (isThere) await backend.writeEntry(at("blobs", digest), "");
    return isThere;
  };

  const manifests: Pick<Source, "resolve" | "readManifest"> = {
    async resolve(reference) {
      const digest = isTag(reference) ? await backend.readEntry(at("tags", reference)) : reference;
      if (digest === undefined || !isDigest(digest)) return undefined;
      const mediaType = await backend.readEntry(at("manifests", digest));
      const found = mediaType === undefined ? undefined : await blobs.stat(digest);
      return mediaType === undefined || found === undefined
        ? undefined
        : { mediaType, digest, size: found.size };
    },

    async readManifest(descriptor, options) {
      if (!(await held.hasManifest(descriptor.digest))) {
        throw new BundleError(
          "MANIFEST_UNKNOWN",
          `Cannot read ${descriptor.digest}: ${repository} has no such manifest`,
        );
      }
      return await readAll(verified(descriptor, blobs.open(descriptor.digest, options)), MAX_MANIFEST_SIZE);
    },
  };
  const referrers = openReferrers(backend, repository, manifests);

  return {
    ...manifests,

    async statBlob(digest) {
      return (await held.hasBlob(digest)) ? await blobs.stat(digest) : undefined;
    },

    async *openBlob(descriptor, options) {
      if (!(await held.hasBlob(descriptor.digest))) {
        throw new BundleError(
          "BLOB_UNKNOWN",
          `Cannot read ${descriptor.digest}: ${repository} has no such blob`,
        );
      }
      yield* blobs.open(descriptor.digest, options);
    },

    async *listTags() {
      if (!(await backend.hasRepository(repository))) {
        throw new BundleError(
          "NAME_UNKNOWN",
          `Cannot list tags of ${repository}: there is no such repository`,
        );
      }
      yield* await backend.listTags(repository);
    },

    listReferrers: referrers.list,

    // Whoever has the store may write it.
    checkPush: async () => undefined,

    async putBlob(descriptor: Descriptor, open: OpenContent, options = {}) {
      const { from } = options;
      if (from !== undefined && (await mountBlob(descriptor, from))) return "mounted";
      if (await held.hasBlob(descriptor.digest)) return "uploaded";
      await blobs.put(descriptor, open(), options);
      await backend.writeEntry(at("blobs", descriptor.digest), "");
      return "uploaded";
    },

    mountBlob,

    async putManifest(descriptor, content, options = {}) {
      const { tag, signal } = options;
      if (tag !== undefined && !isTag(tag)) {
        throw new BundleError(
          "MANIFEST_INVALID",
          `Cannot store a manifest: ${JSON.stringify(tag)} is not a tag`,
        );
      }
      const manifest = await checkManifest(descriptor, content, held);
      signal?.throwIfAborted();
      await blobs.put(descriptor, contentOf(content), options);
      await referrers.note(descriptor.digest, manifest);
      await backend.writeEntry(at("manifests", descriptor.digest), descriptor.mediaType);
      if (tag !== undefined) await backend.writeEntry(at("tags", tag), descriptor.digest);
    },
  };
}
