import { buildFleet } from "../fleet/build-fleet.ts";
import type { TestMapping } from "./selection.ts";
import { openSite, type Site } from "./site.ts";
import { openTestRegistry, type TestRegistry } from "./test-registry.ts";

/** One repository of each kind that the fleet has. */
export const FLEET_REPOSITORIES: readonly string[] = [
  "spaceone/attested",
  "spaceone/docker-index",
  "spaceone/oci-image",
  "spaceone/docker-image",
  "spaceone/nested",
];

/** What {@link RELEASES} selects, of each repository. */
export const RELEASES_PER_REPOSITORY = 3;

/** The fleet's releases, as the Cloudforet example takes them. */
export const RELEASES: readonly TestMapping[] = FLEET_REPOSITORIES.map((from) => ({
  from,
  tags: ["regex: 1\\.11\\.(?:[0-9]?[0-9]).*"],
}));

/** Two registries and a place between them. */
export interface Exchange {
  readonly site: Site;
  /** Holds the fleet. */
  readonly source: TestRegistry;
  /** Empty. */
  readonly target: TestRegistry;
  close(): Promise<void>;
}

/** Opens an exchange whose selection of the fleet's releases is `selection.yaml`; the source is like Docker Hub. */
export async function openExchange(): Promise<Exchange> {
  const [site, source, target] = [
    await openSite(),
    await openTestRegistry({ quirks: { referrersStatus: 404 } }),
    await openTestRegistry(),
  ];
  await buildFleet(source.store, { repositories: FLEET_REPOSITORIES, layerSize: 8 * 1024 });
  await site.select("selection.yaml", { registry: source.host, mappings: RELEASES });
  return {
    site,
    source,
    target,
    close: async () => void (await Promise.all([source.close(), target.close(), site.close()])),
  };
}
