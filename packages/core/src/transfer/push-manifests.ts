import type { OpenedBundle } from "../bundle/open-bundle.ts";
import { MAX_MANIFEST_SIZE, readAll, verified } from "../content.ts";
import type { Descriptor } from "../descriptor.ts";
import { listManifestsUpwards } from "../plan/manifest-graph.ts";
import type { AbortOptions, Repository } from "../repository.ts";

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
    const content = await readAll(
      verified(descriptor, bundle.openBlob(descriptor, options), bundle.path),
      MAX_MANIFEST_SIZE,
    );
    const tag = isRoot && root.tag !== null ? { tag: root.tag } : {};
    await repository.putManifest(descriptor, content, { ...options, ...tag });
  }
}
