import type { OpenedBundle } from "../bundle/open-bundle.ts";
import type { Descriptor } from "../descriptor.ts";
import { BundleError, type ErrorCode, isBundleError } from "../error.ts";
import type { Manifest } from "../manifest.ts";
import { listManifestsUpwards } from "../plan/manifest-graph.ts";
import type { AbortOptions, Repository } from "../repository.ts";
import { putWholeManifest } from "./put-whole-manifest.ts";

/** A manifest with what is below it, and the tag that it gets. */
export interface PushedRoot {
  readonly descriptor: Descriptor;
  /** Null: it is known by its digest. */
  readonly tag: string | null;
}

/** Pushes the manifests of a root whose blobs are there: what others name before what names it, the tag last. */
export async function pushManifests(
  bundle: OpenedBundle,
  root: PushedRoot,
  repository: Repository,
  options: AbortOptions,
): Promise<void> {
  for (const descriptor of listManifestsUpwards(root.descriptor, bundle.manifests)) {
    const isRoot = descriptor.digest === root.descriptor.digest;
    const tag = isRoot && root.tag !== null ? { tag: root.tag } : {};
    try {
      await putWholeManifest(bundle, descriptor, repository, { ...options, ...tag });
    } catch (error) {
      throw isLayerMissed(error, bundle.manifests.get(descriptor.digest)) ? explain(error) : error;
    }
  }
}

/** What registries call a manifest of which they miss a layer, or do not like its URL: distribution answers with 500. */
const REFUSALS: ReadonlySet<ErrorCode> = new Set([
  "BLOB_UNKNOWN",
  "MANIFEST_BLOB_UNKNOWN",
  "MANIFEST_INVALID",
  "UNAVAILABLE",
]);

function isLayerMissed(error: unknown, manifest: Manifest | undefined): error is BundleError {
  return (
    isBundleError(error) &&
    REFUSALS.has(error.code) &&
    manifest?.kind === "image" &&
    manifest.leftOut !== undefined
  );
}

function explain(error: BundleError): BundleError {
  return new BundleError(error.code, error.message, {
    cause: error,
    hint: "The image has a layer that may not be passed on and is not in the bundle: let the registry accept its URL (distribution: validation.manifests.urls.allow), or push that layer there first",
  });
}
