import { createWriteStream } from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { isDigest, parseDigest } from "../digest.ts";
import { toFileError } from "../file-error.ts";
import { isTag } from "../reference.ts";
import type { Store } from "../repository.ts";
import { type BlobDirectory, FILE_CHUNK_SIZE, openBlobDirectory, statFile } from "./blob-directory.ts";
import { createStore } from "./create-store.ts";
import { listDirectory, readText, removeFile, writeText } from "./entry-file.ts";
import type { EntryKey, EntryKind, StoreBackend, UploadKey, UploadStorage } from "./store-backend.ts";

/**
 * No component of a repository's name begins with `_`, so these lie beside the repositories below it:
 * `repositories/library/redis/_tags/7.2`.
 */
const KIND_DIRECTORIES: Readonly<Record<EntryKind, string>> = {
  blobs: "_blobs",
  manifests: "_manifests",
  tags: "_tags",
  referrers: "_referrers",
};
const UPLOADS_DIRECTORY = "_uploads";

/**
 * A store in a directory, which is made when something is stored. Another process may open it later, with all upload
 * sessions. Blobs lie once under `blobs/`, shared by all repositories. The file system must tell upper-case and
 * lower-case names apart, as tags do.
 */
export function openDirectoryStore(directory: string): Store {
  const blobs = openBlobDirectory(join(directory, "blobs"));
  const repositories = join(directory, "repositories");
  return createStore({
    blobs,
    uploads: openUploadFiles(repositories, blobs),
    ...openEntryFiles(repositories),
  });
}

function openUploadFiles(repositories: string, blobs: BlobDirectory): UploadStorage {
  const pathOf = (upload: UploadKey): string =>
    join(repositories, upload.repository, UPLOADS_DIRECTORY, upload.id);

  return {
    create: async (upload) => await writeText(pathOf(upload), ""),

    stat: async (upload) => await statFile(pathOf(upload)),

    async append(upload, content) {
      const path = pathOf(upload);
      try {
        await pipeline(content, createWriteStream(path, { flags: "a", highWaterMark: FILE_CHUNK_SIZE }));
      } catch (error) {
        throw toFileError(error, path);
      }
    },

    moveToBlobs: async (upload, descriptor) => await blobs.adopt(descriptor, pathOf(upload)),

    remove: async (upload) => await removeFile(pathOf(upload)),
  };
}

type Entries = Omit<StoreBackend, "blobs" | "uploads">;

function openEntryFiles(repositories: string): Entries {
  const pathOf = ({ repository, kind, name }: EntryKey): string =>
    join(repositories, repository, KIND_DIRECTORIES[kind], kind === "tags" ? name : digestPath(name));

  return {
    listRepositories: async () => await findRepositories(repositories, ""),

    async hasRepository(repository) {
      const { directories } = await listDirectory(join(repositories, repository));
      return isRepositoryDirectory(directories);
    },

    readEntry: async (entry) => await readText(pathOf(entry)),

    writeEntry: async (entry, value) => await writeText(pathOf(entry), value),

    removeEntry: async (entry) => await removeFile(pathOf(entry)),

    async listTags(repository) {
      const { files } = await listDirectory(join(repositories, repository, KIND_DIRECTORIES.tags));
      return files.filter(isTag);
    },

    async listReferrers(repository, subject) {
      const directory = join(repositories, repository, KIND_DIRECTORIES.referrers, digestPath(subject));
      const { directories: algorithms } = await listDirectory(directory);
      const digests: string[] = [];
      for (const algorithm of algorithms) {
        const { files } = await listDirectory(join(directory, algorithm));
        digests.push(...files.map((hex) => `${algorithm}:${hex}`).filter(isDigest));
      }
      return digests;
    },
  };
}

/** Repositories nest: `a` and `a/b` may both be one. */
async function findRepositories(root: string, name: string): Promise<string[]> {
  const { directories } = await listDirectory(join(root, name));
  const found = isRepositoryDirectory(directories) ? [name] : [];
  for (const directory of directories) {
    if (!directory.startsWith("_"))
      found.push(...(await findRepositories(root, name === "" ? directory : `${name}/${directory}`)));
  }
  return found;
}

function isRepositoryDirectory(directories: readonly string[]): boolean {
  return Object.values(KIND_DIRECTORIES).some((kind) => directories.includes(kind));
}

/** `ALGORITHM/HEX` of each digest in a name. */
function digestPath(name: string): string {
  const parts = name.split("/").map(parseDigest);
  return join(...parts.flatMap(({ algorithm, hex }) => [algorithm, hex]));
}
