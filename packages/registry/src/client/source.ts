import type { Source } from "@airgap-bundle/core";
import { listReferrers } from "./list-referrers.ts";
import { listTags } from "./list-tags.ts";
import { openBlob, statBlob } from "./pull-blob.ts";
import { readManifest, resolve } from "./pull-manifest.ts";
import type { Remote } from "./remote.ts";

/** Reads a repository: {@link https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pull}. */
export function createSource(remote: Remote): Source {
  return {
    resolve: async (reference, options = {}) => await resolve(remote, reference, options),
    readManifest: async (descriptor, options = {}) => await readManifest(remote, descriptor, options),
    statBlob: async (digest, options = {}) => await statBlob(remote, digest, options),
    openBlob: (descriptor, options = {}) => openBlob(remote, descriptor, options),
    listTags: (options = {}) => listTags(remote, options),
    listReferrers: async (digest, options = {}) => await listReferrers(remote, digest, options),
  };
}
