import type { SharedOptions } from "@airgap-bundle/cli";
import {
  expandSelection,
  type MetadataCache,
  openMetadataCache,
  type PullLimit,
  type RepositoryName,
  repositoryKey,
  type Selection,
  type Source,
} from "@airgap-bundle/core";
import { createRegistryPool, type RegistryPool, readAuthFile } from "@airgap-bundle/registry";
import { parseMirrors } from "./mirrors.ts";

/** Which part of a selection is wanted, as flags say it. */
export interface PlanFlags {
  readonly task?: string[] | undefined;
  readonly platform?: string[] | undefined;
  readonly mirror?: string[] | undefined;
  readonly referrers: boolean;
}

/** The registries of a selection, and what is known of them from earlier runs. */
export interface Sources {
  readonly openSource: (name: RepositoryName) => Source;
  readonly pullLimit: (registry: string) => PullLimit | undefined;
  readonly requests: RegistryPool["requests"];
  readonly cache: MetadataCache;
  readonly close: () => Promise<void>;
}

/**
 * Opens what a selection reads from, each repository with the credentials and TLS settings of the first task that names
 * it. Nothing is sent yet.
 *
 * @throws `USAGE`, `FILE_FAILED` for wrong flags or an unreadable auth file
 */
export async function openSources(
  selection: Selection,
  flags: PlanFlags,
  shared: SharedOptions & { readonly userAgent: string },
): Promise<Sources> {
  const { authFile: path, cacheDir, insecureHosts, onEvent, userAgent } = shared;
  const pool = createRegistryPool({
    userAgent,
    findCredentials: await readAuthFile({ path, environment: process.env }),
    insecureHosts,
    mirrors: parseMirrors(flags.mirror ?? []),
    onEvent,
  });
  const { mappings } = expandSelection(selection, flags.task === undefined ? {} : { tasks: flags.task });
  const locations = new Map(
    mappings.toReversed().map(({ source, location }) => [repositoryKey(source), location]),
  );
  return {
    openSource(name) {
      const location = locations.get(repositoryKey(name));
      const settings =
        location === undefined ? {} : { auth: location.auth, skipTlsVerify: location.skipTlsVerify };
      return pool.open(name.registry, settings).openRepository(name.repository);
    },
    pullLimit: pool.pullLimit,
    requests: pool.requests,
    cache: openMetadataCache(`${cacheDir}/blobs`),
    close: pool.close,
  };
}
