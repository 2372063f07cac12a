import { BundleError } from "../error.ts";
import { isRepository } from "../reference.ts";
import type { Store, StoreRepository } from "../repository.ts";
import type { StoreBackend } from "./store-backend.ts";
import { openContent } from "./store-content.ts";
import { openDeletion } from "./store-deletion.ts";
import { openUploads } from "./store-uploads.ts";

/** A store over a backend: all checks are made here, so that every backend's store behaves alike. */
export function createStore(backend: StoreBackend): Store {
  const busy = new Set<string>();

  return {
    listRepositories: async () => [...(await backend.listRepositories())].sort(),

    openRepository(name: string): StoreRepository {
      if (!isRepository(name)) {
        throw new BundleError(
          "NAME_INVALID",
          `Cannot open ${JSON.stringify(name)}: it is not a repository name`,
        );
      }
      return {
        ...openContent(backend, name),
        ...openUploads(backend, name, busy),
        ...openDeletion(backend, name),
      };
    },
  };
}
