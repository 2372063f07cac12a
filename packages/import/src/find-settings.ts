import { loadSelection, tellWarnings } from "@airgap-bundle/cli";
import { type EventSink, type Location, normalizeRegistry, type PlannedImport } from "@airgap-bundle/core";
import type { RegistrySettings } from "@airgap-bundle/registry";

/** What a selection says about the registry that an image goes to; undefined if it does not name that host. */
export type FindSettings = (planned: PlannedImport) => RegistrySettings | undefined;

interface TaskLocation {
  readonly task: string;
  readonly host: string;
  readonly location: Location;
}

/** What a selection says about registries. */
export interface SelectionSettings {
  readonly find: FindSettings;
  /** Directory with a folder of certificates per host. */
  readonly certsDir?: string | undefined;
}

/**
 * Reads credentials and TLS settings from a selection. For each image those of its own task count first, then those of
 * other tasks for the same host, as a target before as a source: a project may have credentials of its own.
 *
 * @throws `USAGE`, `SELECTION_INVALID`
 */
export async function readSettings(path: string | undefined, onEvent: EventSink): Promise<SelectionSettings> {
  if (path === undefined) return { find: () => undefined };
  const { selection, warnings } = await loadSelection(path);
  tellWarnings(path, warnings, onEvent);
  const locations: readonly TaskLocation[] = [
    ...selection.tasks.flatMap(({ name, target }) =>
      target === undefined ? [] : [toTaskLocation(name, target)],
    ),
    ...selection.tasks.map(({ name, source }) => toTaskLocation(name, source)),
  ];
  const find: FindSettings = ({ image, target }) => {
    const sameHost = locations.filter(({ host }) => host === target.registry);
    const found = sameHost.find(({ task }) => task === image.task) ?? sameHost[0];
    if (found === undefined) return undefined;
    const { auth, authRefresh, skipTlsVerify } = found.location;
    return { auth, authRefresh, skipTlsVerify };
  };
  return { find, certsDir: selection.certsDir };
}

function toTaskLocation(task: string, location: Location): TaskLocation {
  return { task, host: normalizeRegistry(location.registry.split("/", 1)[0] ?? ""), location };
}
