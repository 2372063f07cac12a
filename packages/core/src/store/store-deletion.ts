import { isDigest } from "../digest.ts";
import { BundleError } from "../error.ts";
import { isTag } from "../reference.ts";
import type { StoreRepository } from "../repository.ts";
import type { EntryKey, EntryKind, StoreBackend } from "./store-backend.ts";

/** Taking content away from one repository. */
export type Deletion = Pick<StoreRepository, "deleteTag" | "deleteManifest" | "deleteBlob">;

/**
 * Deletion in one repository, whose name has been checked by grammar. Only its entries go: the bytes may be another
 * repository's too and stay, as in other registries before their garbage is collected.
 */
export function openDeletion(backend: StoreBackend, repository: string): Deletion {
  const at = (kind: EntryKind, name: string): EntryKey => ({ repository, kind, name });
  const has = async (kind: EntryKind, name: string): Promise<boolean> =>
    (await backend.readEntry(at(kind, name))) !== undefined;

  return {
    async deleteTag(tag) {
      if (!isTag(tag) || !(await has("tags", tag))) throw unknownManifest(repository, `tag ${tag}`);
      await backend.removeEntry(at("tags", tag));
    },

    async deleteManifest(digest) {
      if (!isDigest(digest) || !(await has("manifests", digest))) throw unknownManifest(repository, digest);
      // Tags go first, so that at no time one of them stands for nothing.
      for (const tag of await backend.listTags(repository)) {
        if ((await backend.readEntry(at("tags", tag))) === digest) await backend.removeEntry(at("tags", tag));
      }
      await backend.removeEntry(at("manifests", digest));
    },

    async deleteBlob(digest) {
      if (!isDigest(digest) || !(await has("blobs", digest))) {
        throw new BundleError("BLOB_UNKNOWN", `Cannot delete ${digest}: ${repository} has no such blob`);
      }
      await backend.removeEntry(at("blobs", digest));
    },
  };
}

function unknownManifest(repository: string, what: string): BundleError {
  return new BundleError("MANIFEST_UNKNOWN", `Cannot delete ${what}: ${repository} has no such manifest`);
}
