import { closeAfter } from "../close-after.ts";
import { parseDigest } from "../digest.ts";
import { BundleError } from "../error.ts";
import { MEDIA_TYPES } from "../media-types.ts";
import type { StoreRepository } from "../repository.ts";
import type { StoreBackend, UploadKey } from "./store-backend.ts";

/** The upload sessions of one repository. */
export type Uploads = Pick<
  StoreRepository,
  "startUpload" | "statUpload" | "appendUpload" | "finishUpload" | "cancelUpload"
>;

const UPLOAD_ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * One repository's upload sessions. `busy` holds the ids of those that are being changed, of all repositories: two
 * writers of one session would mix their bytes.
 */
export function openUploads(backend: StoreBackend, repository: string, busy: Set<string>): Uploads {
  const { uploads } = backend;

  const statUpload: Uploads["statUpload"] = async (id) =>
    UPLOAD_ID.test(id) ? await uploads.stat({ repository, id }) : undefined;

  /** Runs `work` with the session and its size, as its only writer. */
  async function change<T>(id: string, work: (upload: UploadKey, size: number) => Promise<T>): Promise<T> {
    if (busy.has(id)) {
      throw new BundleError(
        "BLOB_UPLOAD_INVALID",
        `Cannot change upload ${id}: another request is changing it`,
      );
    }
    busy.add(id);
    try {
      const found = await statUpload(id);
      if (found === undefined) {
        throw new BundleError(
          "BLOB_UPLOAD_UNKNOWN",
          `Cannot find an upload ${JSON.stringify(id.slice(0, 64))} in ${repository}`,
        );
      }
      return await work({ repository, id }, found.size);
    } finally {
      busy.delete(id);
    }
  }

  return {
    async startUpload() {
      const id = crypto.randomUUID();
      await uploads.create({ repository, id });
      return id;
    },

    statUpload,

    appendUpload: async (id, content) =>
      await change(id, async (upload) => {
        await uploads.append(upload, content);
        return (await uploads.stat(upload))?.size ?? 0;
      }),

    finishUpload: async (id, digest) =>
      await change(id, async (upload, size) => {
        const session = { close: async () => await uploads.remove(upload) };
        await closeAfter(session, async () => {
          parseDigest(digest);
          await uploads.moveToBlobs(upload, { mediaType: MEDIA_TYPES.octetStream, digest, size });
          await backend.writeEntry({ repository, kind: "blobs", name: digest }, "");
        });
      }),

    cancelUpload: async (id) => await change(id, async (upload) => await uploads.remove(upload)),
  };
}
