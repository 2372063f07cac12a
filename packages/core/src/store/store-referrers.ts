import { isDigest } from "../digest.ts";
import { type Manifest, parseManifest, toReferrer } from "../manifest.ts";
import type { Referrer, Source } from "../repository.ts";
import type { StoreBackend } from "./store-backend.ts";

/** Which manifests of one repository speak of which. */
export interface Referrers {
  /** Notes that a manifest speaks of its subject, if it has one. To be done before it is stored: what is not there is not listed. */
  note(digest: string, manifest: Manifest): Promise<void>;
  list: Source["listReferrers"];
}

/** The referrers of one repository, whose manifests `source` reads. */
export function openReferrers(
  backend: StoreBackend,
  repository: string,
  source: Pick<Source, "resolve" | "readManifest">,
): Referrers {
  return {
    async note(digest, { subject }) {
      if (subject === undefined) return;
      await backend.writeEntry({ repository, kind: "referrers", name: `${subject.digest}/${digest}` }, "");
    },

    async list(subject, options) {
      if (!isDigest(subject)) return [];
      const referrers: Referrer[] = [];
      for (const digest of [...(await backend.listReferrers(repository, subject))].sort()) {
        const descriptor = await source.resolve(digest, options);
        // Deletion leaves the note.
        if (descriptor === undefined) continue;
        const content = await source.readManifest(descriptor, options);
        referrers.push(toReferrer(descriptor, parseManifest(descriptor, content)));
      }
      return referrers;
    },
  };
}
