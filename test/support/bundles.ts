import {
  createMemoryStore,
  type Descriptor,
  type ExportReport,
  exportBundle,
  type MetadataCache,
  openMetadataCache,
  parseReference,
  type Registry,
  type Repository,
  type RepositoryName,
  type Source,
  type Store,
} from "@airgap-bundle/core";
import { listManifests, type MadeManifest, planOf, putManifest } from "./images.ts";
import { type AttachedReferrer, attachAll } from "./signatures.ts";

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

/** Another content for a blob of a repository; undefined leaves it. */
export type ReplaceBlob = (
  descriptor: Descriptor,
  repository: string,
) => AsyncIterable<Uint8Array> | undefined;

/** Sources that hold these images and write down what is fetched, as `REPOSITORY DIGEST`, in `opened`. */
export async function openSources(
  images: NamedImages,
  opened: string[],
  replace: ReplaceBlob = () => undefined,
): Promise<(name: RepositoryName) => Source> {
  const registries = await createRegistries(images);
  return (name) => {
    const repository = registries.openRepository(name);
    return {
      ...repository,
      openBlob: (descriptor, options) => {
        opened.push(`${name.repository} ${descriptor.digest}`);
        return replace(descriptor, name.repository) ?? repository.openBlob(descriptor, options);
      },
    };
  };
}

/** A cache in this directory that holds the manifests of these images, as after a plan. */
export async function openFilledCache(directory: string, images: NamedImages): Promise<MetadataCache> {
  const cache = openMetadataCache(directory);
  for (const { descriptor, content } of images.flatMap(([, root]) => listManifests(root)))
    await cache.put(descriptor, content);
  return cache;
}

/** Writes a bundle of these images to `path`, each with these referrers, with a cache beside it. */
export async function writeBundle(
  path: string,
  images: NamedImages,
  referrers: readonly AttachedReferrer[] = [],
): Promise<ExportReport> {
  const attached = images.flatMap(([reference]) => {
    const { registry, repository } = parseReference(reference);
    return referrers.map(
      ({ made }) => [`${registry}/${repository}@${made.descriptor.digest}`, made] as const,
    );
  });
  return await exportBundle(attachAll(planOf(images), referrers), path, {
    openSource: await openSources([...images, ...attached], []),
    cache: await openFilledCache(`${path}.cache`, [...images, ...attached]),
    heading: { createdBy: "test" },
    jobs: 2,
  });
}
