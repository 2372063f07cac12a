import { BundleError, isBundleError } from "../error.ts";
import { ALL_PLATFORMS, formatPlatform, parsePlatform } from "../platform.ts";
import { joinRepositoryName, maskUserInfo, type RepositoryName } from "../reference.ts";
import {
  type Location,
  type Mapping,
  mapTargetPath,
  platformsOf,
  type Selection,
} from "../selection/selection.ts";
import { type ChosenMapping, chooseMappings } from "./choose-mappings.ts";
import type { ListedRepositories } from "./list-repositories.ts";
import { matchRepositories } from "./match-repositories.ts";
import { type FailedImage, type PlanWarning, toFailedImage } from "./plan.ts";

/** A mapping with its names made out: one repository to read, one to write. */
export interface RepositoryMapping {
  readonly task: string;
  readonly mapping: Mapping;
  readonly source: RepositoryName;
  /** How the source's registry is reached. */
  readonly location: Location;
  /** `registry` is null if the task names no target. */
  readonly target: { readonly registry: string | null; readonly repository: string };
  /** Normalised; `all` stands alone. */
  readonly platforms: readonly string[];
}

/** Which part of a selection is wanted. */
export interface ExpandOptions {
  /** Names of tasks. @default all of them */
  readonly tasks?: readonly string[];
  /** Takes the place of what the selection says. */
  readonly platforms?: readonly string[];
}

/** What an expansion is told beside that. */
interface ExpandSelectionOptions extends ExpandOptions {
  /** @default none: mappings with a pattern take no repository */
  readonly listed?: ListedRepositories;
}

/** The mappings that can be used, and those that cannot, with the reason. */
export interface ExpandedSelection {
  readonly mappings: readonly RepositoryMapping[];
  readonly failed: readonly FailedImage[];
  readonly warnings: readonly PlanWarning[];
}

/**
 * Makes out what a selection names. A mapping with a pattern becomes one for each repository in `listed` that the
 * pattern takes.
 *
 * @throws `USAGE` if there is no task of a wanted name; `PLATFORM_UNKNOWN` if a platform of the options is malformed
 */
export function expandSelection(
  selection: Selection,
  options: ExpandSelectionOptions = {},
): ExpandedSelection {
  const { platforms, listed = new Map() } = options;
  const override = platforms === undefined ? undefined : normalizePlatforms(platforms);
  const mappings: RepositoryMapping[] = [];
  const failed: FailedImage[] = [];
  const warnings: PlanWarning[] = [];
  for (const chosen of chooseMappings(selection, options.tasks)) {
    const { task, mapping } = chosen;
    const attempt = <T>(path: string, work: () => T): T | undefined => {
      try {
        return work();
      } catch (error) {
        if (!isBundleError(error)) throw error;
        const registry = maskUserInfo(task.source.registry);
        failed.push(toFailedImage(`${registry}/${path.replace(/^\//, "")}`, undefined, error));
        return undefined;
      }
    };
    const matched = attempt(mapping.from, () => matchRepositories(chosen, listed));
    if (matched?.warning !== undefined) warnings.push(matched.warning);
    for (const path of matched?.paths ?? []) {
      const expanded = attempt(path, () => mapRepository(chosen, path, override));
      if (expanded !== undefined) mappings.push(expanded);
    }
  }
  return { mappings, failed, warnings };
}

/**
 * A mapping with the names that it has for one repository, which is given as the mapping's task names it at the source.
 *
 * @throws `REFERENCE_INVALID`, `PLATFORM_UNKNOWN`
 */
function mapRepository(
  { selection, task, mapping }: ChosenMapping,
  path: string,
  platforms?: readonly string[],
): RepositoryMapping {
  return {
    task: task.name,
    mapping,
    source: joinRepositoryName(task.source.registry, path),
    location: task.source,
    target: expandTarget(task.target, mapTargetPath(mapping, path)),
    platforms: platforms ?? normalizePlatforms(platformsOf(mapping, task, selection)),
  };
}

/** Without a registry the path alone must be a repository name. Only docker.io gets `library/` put before it. */
function expandTarget(target: Location | undefined, path: string): RepositoryMapping["target"] {
  if (!path.startsWith("/")) {
    // dregsy puts it right behind the registry, which makes another host or port of it.
    const message = `Cannot use ${JSON.stringify(path)} as a target: the replacement took the slash at its start`;
    throw new BundleError("REFERENCE_INVALID", message, {
      hint: "The path begins with a slash: begin the replacement of to: regex: with one, too",
    });
  }
  if (target !== undefined) return joinRepositoryName(target.registry, path);
  return { registry: null, repository: joinRepositoryName("registry.invalid", path).repository };
}

function normalizePlatforms(platforms: readonly string[]): readonly string[] {
  if (platforms.includes(ALL_PLATFORMS)) return [ALL_PLATFORMS];
  return [...new Set(platforms.map((platform) => formatPlatform(parsePlatform(platform))))];
}
