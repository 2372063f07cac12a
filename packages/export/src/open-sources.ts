import type { SharedOptions } from "@airgap-bundle/cli";
import {
  expandSelection,
  findMappings,
  type ListRepositories,
  type Location,
  type MetadataCache,
  openMetadataCache,
  type PullLimit,
  type RepositoryName,
  repositoryKey,
  type Selection,
  type Source,
} from "@airgap-bundle/core";
import {
  createRegistryPool,
  describeMachine,
  openCredentials,
  type RegistryPool,
} from "@airgap-bundle/registry";
import { parseMirrors } from "./mirrors.ts";

/** Which tasks of a selection are wanted, and where their registries are asked. */
export interface SourceFlags {
  readonly task?: string[] | undefined;
  readonly mirror?: string[] | undefined;
}

/** What a selection is resolved with, as flags say it. */
export interface PlanFlags extends SourceFlags {
  readonly platform?: string[] | undefined;
  readonly referrers: boolean;
  /** Of export alone. */
  readonly "wait-for-rate-limit"?: boolean;
}

/** The registries of a selection, and what is known of them from earlier runs. */
export interface Sources {
  readonly openSource: (name: RepositoryName) => Source;
  readonly listRepositories: ListRepositories;
  readonly pullLimit: (registry: string) => PullLimit | undefined;
  readonly requests: RegistryPool["requests"];
  readonly cache: MetadataCache;
  readonly close: () => Promise<void>;
}

/**
 * Opens what a selection reads from, each repository with the credentials and TLS settings of the first mapping that names
 * it, else of the first whose pattern takes it. Nothing is sent yet.
 *
 * @throws `USAGE`, `FILE_FAILED` for wrong flags or an unreadable auth file
 */
export async function openSources(
  selection: Selection,
  flags: SourceFlags,
  shared: SharedOptions & { readonly userAgent: string },
): Promise<Sources> {
  const { authFile, cacheDir, insecureHosts, onEvent, onExchange, userAgent } = shared;
  const now = (): number => performance.now();
  const pool = createRegistryPool({
    userAgent,
    findCredentials: await openCredentials({ authFile, machine: describeMachine(), onEvent, now }),
    insecureHosts,
    environment: process.env,
    certsDir: selection.certsDir,
    mirrors: parseMirrors(flags.mirror ?? []),
    onEvent,
    onExchange,
  });
  const tasks = flags.task === undefined ? {} : { tasks: flags.task };
  const { mappings } = expandSelection(selection, tasks);
  const locations = new Map<string, Location | undefined>(
    mappings.toReversed().map(({ source, location }) => [repositoryKey(source), location]),
  );
  const findLocation = (name: RepositoryName): Location | undefined => {
    const key = repositoryKey(name);
    if (!locations.has(key)) locations.set(key, findMappings(selection, name, tasks)[0]?.task.source);
    return locations.get(key);
  };
  return {
    openSource(name) {
      const location = findLocation(name);
      const { auth, authRefresh, skipTlsVerify = false } = location ?? {};
      const settings = location === undefined ? {} : { auth, authRefresh, skipTlsVerify };
      return pool.open(name.registry, settings).openRepository(name.repository);
    },
    listRepositories: pool.listRepositories,
    pullLimit: pool.pullLimit,
    requests: pool.requests,
    cache: openMetadataCache(`${cacheDir}/blobs`, cacheDir),
    close: pool.close,
  };
}
