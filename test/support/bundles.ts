import {
  createMemoryStore,
  type ExportReport,
  exportBundle,
  openMetadataCache,
  type Plan,
  parseReference,
  type Registry,
  type Repository,
  type RepositoryName,
  type Store,
} from "@airgap-bundle/core";
import { listManifests, type MadeManifest, planOf, putManifest } from "./images.ts";

/** Images with the references by which they are known. */
export type NamedImages = readonly (readonly [reference: string, root: MadeManifest])[];

/** Registries in memory, by name; each is made when it is first asked for. */
export interface MemoryRegistries {
  open(name: string): Registry;
  openRepository(name: RepositoryName): Repository;
}

/** Registries that hold nothing, or these images. */
export async function createRegistries(images: NamedImages = []): Promise<MemoryRegistries> {
  const stores = new Map<string, Store>();
  const open = (name: string): Registry => {
    const store = stores.get(name) ?? createMemoryStore();
    stores.set(name, store);
    return { name, openRepository: (repository) => store.openRepository(repository) };
  };
  const openRepository = ({ registry, repository }: RepositoryName): Repository =>
    open(registry).openRepository(repository);
  for (const [reference, root] of images) {
    const name = parseReference(reference);
    await putManifest(openRepository(name), root, name.tag);
  }
  return { open, openRepository };
}

/** Writes a bundle of these images to `path`, with a cache beside it. */
export async function writeBundle(
  path: string,
  images: NamedImages,
  plan: Plan = planOf(images),
): Promise<ExportReport> {
  const registries = await createRegistries(images);
  const cache = openMetadataCache(`${path}.cache`);
  for (const { descriptor, content } of images.flatMap(([, root]) => listManifests(root)))
    await cache.put(descriptor, content);
  return await exportBundle(plan, path, {
    openSource: registries.openRepository,
    cache,
    heading: { createdBy: "test" },
    jobs: 2,
  });
}
