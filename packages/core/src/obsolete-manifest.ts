import { BundleError } from "./error.ts";

/** Docker schema 1: {@link https://github.com/opencontainers/image-spec/blob/v1.1.1/media-types.md#compatibility-matrix}. */
const OBSOLETE_TYPES: ReadonlySet<string> = new Set([
  "application/vnd.docker.distribution.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.v1+prettyjws",
]);

/** What is known of something that may be a manifest of docker schema 1. */
export interface SuspectManifest {
  readonly mediaType?: string;
  readonly content?: Uint8Array;
}

/**
 * Refuses a manifest of docker schema 1, told by its media type or its content: nothing today can use it. `name` says
 * which it is.
 *
 * @throws `MANIFEST_INVALID`
 */
export function refuseObsoleteManifest(name: string, { mediaType, content }: SuspectManifest): void {
  const isObsolete = OBSOLETE_TYPES.has(mediaType ?? "") || (content !== undefined && isSchema1(content));
  if (!isObsolete) return;
  throw new BundleError(
    "MANIFEST_INVALID",
    `Cannot use manifest ${name}: it is of the obsolete docker schema 1`,
    {
      hint: "Push the image again with a current tool, or choose a newer tag",
    },
  );
}

function isSchema1(content: Uint8Array): boolean {
  try {
    const document: unknown = JSON.parse(new TextDecoder().decode(content));
    if (typeof document !== "object" || document === null) return false;
    return "schemaVersion" in document && document.schemaVersion === 1 && "fsLayers" in document;
  } catch {
    // No JSON, so not even that.
    return false;
  }
}
