import { contentOf, verified } from "../content.ts";
import { BundleError } from "../error.ts";
import type { Store } from "../repository.ts";
import { FILE_CHUNK_SIZE } from "./blob-directory.ts";
import { createStore } from "./create-store.ts";
import type {
  BlobStorage,
  EntryKey,
  EntryKind,
  StoreBackend,
  UploadKey,
  UploadStorage,
} from "./store-backend.ts";

/** A store that is gone with the process. All content is held in memory: for tests, demonstrations and small things. */
export function createMemoryStore(): Store {
  const blobs = createBlobStorage();
  return createStore({ blobs, uploads: createUploadStorage(blobs), ...createEntries() });
}

function createBlobStorage(): BlobStorage {
  const contents = new Map<string, Uint8Array>();

  return {
    async stat(digest) {
      const content = contents.get(digest);
      return content === undefined ? undefined : { size: content.length };
    },

    async *open(digest, options = {}) {
      const { offset = 0, signal } = options;
      const content = contents.get(digest);
      if (content === undefined)
        throw new BundleError("BLOB_UNKNOWN", `Cannot read ${digest}: it is not there`);
      for (let start = offset; start < content.length; start += FILE_CHUNK_SIZE) {
        signal?.throwIfAborted();
        yield content.subarray(start, start + FILE_CHUNK_SIZE);
      }
    },

    async put(descriptor, content, options = {}) {
      const chunks: Uint8Array[] = [];
      for await (const chunk of verified(descriptor, content)) {
        options.signal?.throwIfAborted();
        chunks.push(chunk);
      }
      contents.set(descriptor.digest, Buffer.concat(chunks));
    },
  };
}

function createUploadStorage(blobs: BlobStorage): UploadStorage {
  const sessions = new Map<string, Uint8Array[]>();
  const keyOf = (upload: UploadKey): string => `${upload.repository} ${upload.id}`;
  const chunksOf = (upload: UploadKey): Uint8Array[] => sessions.get(keyOf(upload)) ?? [];

  return {
    async create(upload) {
      sessions.set(keyOf(upload), []);
    },

    async stat(upload) {
      const chunks = sessions.get(keyOf(upload));
      if (chunks === undefined) return undefined;
      let size = 0;
      for (const chunk of chunks) size += chunk.length;
      return { size };
    },

    async append(upload, content) {
      for await (const chunk of content) chunksOf(upload).push(chunk);
    },

    async moveToBlobs(upload, descriptor) {
      await blobs.put(descriptor, contentOf(Buffer.concat(chunksOf(upload))));
    },

    async remove(upload) {
      sessions.delete(keyOf(upload));
    },
  };
}

type Entries = Omit<StoreBackend, "blobs" | "uploads">;

function createEntries(): Entries {
  const repositories = new Map<string, Record<EntryKind, Map<string, string>>>();

  return {
    listRepositories: async () => [...repositories.keys()],

    hasRepository: async (repository) => repositories.has(repository),

    readEntry: async (entry: EntryKey) => repositories.get(entry.repository)?.[entry.kind].get(entry.name),

    async writeEntry(entry, value) {
      const { repository, kind, name } = entry;
      const held = repositories.get(repository) ?? {
        blobs: new Map(),
        manifests: new Map(),
        tags: new Map(),
        referrers: new Map(),
      };
      held[kind].set(name, value);
      repositories.set(repository, held);
    },

    async removeEntry({ repository, kind, name }) {
      repositories.get(repository)?.[kind].delete(name);
    },

    listTags: async (repository) => [...(repositories.get(repository)?.tags.keys() ?? [])],

    async listReferrers(repository, subject) {
      const names = [...(repositories.get(repository)?.referrers.keys() ?? [])];
      return names
        .filter((name) => name.startsWith(`${subject}/`))
        .map((name) => name.slice(subject.length + 1));
    },
  };
}
