import type { OpenedBundle } from "../bundle/open-bundle.ts";
import type { Descriptor } from "../descriptor.ts";
import { listContent } from "../plan/manifest-graph.ts";
import type { PlannedImport } from "./plan-import.ts";

/** A repository that needs a blob, and the images that it needs it for. */
export interface BlobMember {
  readonly repository: string;
  readonly imports: readonly PlannedImport[];
}

/** A blob and every repository of one registry that needs it: sent to the first, mounted into the others. */
export interface BlobGroup {
  readonly registry: string;
  readonly descriptor: Descriptor;
  readonly members: readonly BlobMember[];
}

/** The blobs that these images need, the largest first, so that none is left over at the end. */
export function groupBlobs(
  bundle: Pick<OpenedBundle, "manifests">,
  imports: readonly PlannedImport[],
): readonly BlobGroup[] {
  const groups = new Map<
    string,
    { registry: string; descriptor: Descriptor; members: Map<string, PlannedImport[]> }
  >();
  for (const planned of imports) {
    const { registry, repository } = planned.target;
    for (const descriptor of listBlobs(bundle, planned)) {
      const key = `${registry} ${descriptor.digest}`;
      const group = groups.get(key) ?? { registry, descriptor, members: new Map<string, PlannedImport[]>() };
      const member = group.members.get(repository);
      // A list copied for each image takes minutes where thousands share their layers.
      if (member === undefined) group.members.set(repository, [planned]);
      else member.push(planned);
      groups.set(key, group);
    }
  }
  return [...groups.values()]
    .map(({ registry, descriptor, members }) => ({ registry, descriptor, members: toMembers(members) }))
    .sort((a, b) => b.descriptor.size - a.descriptor.size);
}

/** Configs and layers of an image, each once. */
export function listBlobs(
  { manifests }: Pick<OpenedBundle, "manifests">,
  { image }: PlannedImport,
): readonly Descriptor[] {
  return listContent(image.descriptor, manifests).flatMap(({ role, descriptor }) =>
    role === "manifest" ? [] : [descriptor],
  );
}

function toMembers(members: ReadonlyMap<string, readonly PlannedImport[]>): readonly BlobMember[] {
  return [...members].map(([repository, imports]) => ({ repository, imports }));
}
