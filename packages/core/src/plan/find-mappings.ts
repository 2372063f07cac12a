import type { RepositoryName } from "../reference.ts";
import type { Selection } from "../selection/selection.ts";
import { type ChosenMapping, chooseMappings } from "./choose-mappings.ts";
import { findPath } from "./match-repositories.ts";

/** Which part of a selection is looked through. */
export interface FindMappingsOptions {
  /** Names of tasks. @default all of them */
  readonly tasks?: readonly string[];
}

/**
 * The mappings that take this repository, by its name or by a pattern, in file order. No registry is asked whether there
 * is such a repository.
 *
 * @throws `USAGE` if there is no task of a wanted name
 */
export function findMappings(
  selection: Selection,
  name: RepositoryName,
  options: FindMappingsOptions = {},
): readonly ChosenMapping[] {
  return chooseMappings(selection, options.tasks).filter((chosen) => findPath(chosen, name) !== undefined);
}
