import { createMemoryStore, type Store } from "@airgap-bundle/core";
import { parseRoute, type SeenRequest, type ServeOptions, serveRegistry } from "@airgap-bundle/registry";

/** A registry of this process, and what it was asked. */
export interface TestRegistry {
  /** `127.0.0.1:PORT`. */
  readonly host: string;
  readonly store: Store;
  /** Requests since the last call, counted as `METHOD ROUTE`: `HEAD manifest`, `GET blob`, `GET tags`. */
  takeCounts(): Readonly<Record<string, number>>;
  close(): Promise<void>;
}

/** How a test registry differs from a plain one. */
export interface TestRegistryOptions extends Omit<ServeOptions, "onRequest"> {
  /** @default an empty one */
  readonly store?: Store;
}

/** Serves a store on a free port of 127.0.0.1. */
export async function openTestRegistry(options: TestRegistryOptions = {}): Promise<TestRegistry> {
  const { store = createMemoryStore(), ...serve } = options;
  const seen: SeenRequest[] = [];
  const served = await serveRegistry(store, { ...serve, onRequest: (request) => seen.push(request) });
  return {
    host: served.host,
    store,
    takeCounts: () => countRequests(seen.splice(0)),
    close: served.close,
  };
}

function countRequests(seen: readonly SeenRequest[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { method, path } of seen) {
    const key = `${method} ${parseRoute(path)?.kind ?? path}`;
    counts[key] = (counts[key] ?? 0) + 1;
  }
  return counts;
}
