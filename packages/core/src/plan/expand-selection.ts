import { BundleError, isBundleError } from "../error.ts";
import { ALL_PLATFORMS, DEFAULT_PLATFORM, formatPlatform, parsePlatform } from "../platform.ts";
import { joinRepositoryName, type RepositoryName } from "../reference.ts";
import {
  type Location,
  type Mapping,
  mapTargetPath,
  type Selection,
  type Task,
} from "../selection/selection.ts";
import { type FailedImage, toFailedImage } from "./plan.ts";

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

/** The mappings that can be used, and those that cannot, with the reason. */
export interface ExpandedSelection {
  readonly mappings: readonly RepositoryMapping[];
  readonly failed: readonly FailedImage[];
}

/**
 * Makes out what a selection names.
 *
 * @throws `USAGE` if there is no task of a wanted name; `PLATFORM_UNKNOWN` if a platform of the options is malformed
 */
export function expandSelection(selection: Selection, options: ExpandOptions = {}): ExpandedSelection {
  const { platforms } = options;
  const override = platforms === undefined ? undefined : normalizePlatforms(platforms);
  const mappings: RepositoryMapping[] = [];
  const failed: FailedImage[] = [];
  for (const task of chooseTasks(selection, options.tasks)) {
    for (const mapping of task.mappings) {
      try {
        mappings.push(expandMapping(task, mapping, override));
      } catch (error) {
        if (!isBundleError(error)) throw error;
        failed.push(
          toFailedImage(`${task.source.registry}/${mapping.from.replace(/^\//, "")}`, undefined, error),
        );
      }
    }
  }
  return { mappings, failed };
}

function chooseTasks(selection: Selection, wanted: readonly string[] | undefined): readonly Task[] {
  if (wanted === undefined) return selection.tasks;
  const names = new Set(selection.tasks.map(({ name }) => name));
  const missing = wanted.find((name) => !names.has(name));
  if (missing !== undefined) {
    throw new BundleError("USAGE", `Cannot find task ${JSON.stringify(missing)} in the selection`, {
      hint: `It has ${[...names].map((name) => JSON.stringify(name)).join(", ") || "no tasks"}`,
    });
  }
  return selection.tasks.filter(({ name }) => wanted.includes(name));
}

function expandMapping(
  task: Task,
  mapping: Mapping,
  platforms: readonly string[] | undefined,
): RepositoryMapping {
  if (mapping.fromRegex !== undefined) {
    throw new BundleError(
      "UNSUPPORTED",
      `Cannot list repositories for ${JSON.stringify(mapping.from)}: this version does not look repositories up`,
      {
        hint: "Name each repository in a mapping of its own",
      },
    );
  }
  const source = joinRepositoryName(task.source.registry, mapping.from);
  return {
    task: task.name,
    mapping,
    source,
    location: task.source,
    target: expandTarget(task.target, mapTargetPath(mapping, mapping.from)),
    platforms: platforms ?? normalizePlatforms([mapping.platform ?? DEFAULT_PLATFORM]),
  };
}

/** Without a registry the path alone must be a repository name; Docker Hub's `library/` is never put before it. */
function expandTarget(target: Location | undefined, path: string): RepositoryMapping["target"] {
  if (target !== undefined) return joinRepositoryName(target.registry, path);
  return { registry: null, repository: joinRepositoryName("registry.invalid", path).repository };
}

function normalizePlatforms(platforms: readonly string[]): readonly string[] {
  if (platforms.includes(ALL_PLATFORMS)) return [ALL_PLATFORMS];
  return [...new Set(platforms.map((platform) => formatPlatform(parsePlatform(platform))))];
}
