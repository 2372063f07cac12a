import {
  type Descriptor,
  digestOf,
  MAX_MANIFEST_SIZE,
  parseManifest,
  readAll,
  type Source,
} from "@airgap-bundle/core";

/** Everything below a manifest and the manifest itself: what the repository gives for each digest, as a digest of its bytes. */
export async function readClosure(
  repository: Source,
  root: Descriptor,
): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  const content = await repository.readManifest(root);
  found.set(root.digest, digestOf(content));
  const manifest = parseManifest(root, content);
  if (manifest.kind === "index") {
    for (const child of manifest.children) {
      for (const [digest, actual] of await readClosure(repository, child)) found.set(digest, actual);
    }
    return found;
  }
  for (const blob of [...(manifest.config === undefined ? [] : [manifest.config]), ...manifest.layers]) {
    found.set(blob.digest, digestOf(await readAll(repository.openBlob(blob), MAX_MANIFEST_SIZE)));
  }
  return found;
}
