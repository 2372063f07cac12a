import type { RepositoryName, Source } from "@airgap-bundle/core";
import { createRegistries, type NamedImages } from "./bundles.ts";

/** Puts other methods in the place of a source's. */
export type ChangeSource = (source: Source) => Partial<Source>;

/** Registries' repositories in memory; each request is added to `requests` as `METHOD REPOSITORY ARGUMENT`. */
export async function openNotedSources(
  images: NamedImages,
  requests: string[],
  change: ChangeSource = () => ({}),
): Promise<(name: RepositoryName) => Source> {
  const registries = await createRegistries(images);
  return (name) => {
    const repository = registries.openRepository(name);
    const source: Source = { ...repository, ...change(repository) };
    const note = (method: string, argument = ""): void => {
      requests.push(`${method} ${name.repository} ${argument}`.trim());
    };
    return {
      ...source,
      resolve: async (reference, options) => {
        note("resolve", reference);
        return await source.resolve(reference, options);
      },
      readManifest: async (descriptor, options) => {
        note("readManifest", descriptor.digest);
        return await source.readManifest(descriptor, options);
      },
      listTags: (options) => {
        note("listTags");
        return source.listTags(options);
      },
    };
  };
}
