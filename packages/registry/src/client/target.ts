import type { Target } from "@airgap-bundle/core";
import { putBlob } from "./put-blob.ts";
import { putManifest } from "./put-manifest.ts";
import type { Remote } from "./remote.ts";
import { checkPush } from "./upload-check.ts";

/** Writes a repository: {@link https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#push}. */
export function createTarget(remote: Remote): Target {
  return {
    checkPush: async (options = {}) => await checkPush(remote, options),
    putBlob: async (descriptor, open, options = {}) => await putBlob(remote, descriptor, open, options),
    putManifest: async (descriptor, content, options = {}) =>
      await putManifest(remote, descriptor, content, options),
  };
}
