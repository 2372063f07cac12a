import type { Store, StoreRepository } from "@airgap-bundle/core";

/** A store whose repositories do some things in their own way. */
export function alterStore(
  store: Store,
  alter: (repository: StoreRepository) => Partial<StoreRepository>,
): Store {
  return {
    ...store,
    openRepository(name) {
      const repository = store.openRepository(name);
      return { ...repository, ...alter(repository) };
    },
  };
}
