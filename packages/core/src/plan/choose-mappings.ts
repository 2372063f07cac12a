import { BundleError } from "../error.ts";
import type { Mapping, Selection, Task } from "../selection/selection.ts";

/** A mapping and what is around it. */
export interface ChosenMapping {
  readonly selection: Selection;
  readonly task: Task;
  readonly mapping: Mapping;
}

/** The mappings of the wanted tasks (all if undefined), in file order. @throws `USAGE` if there is no task of a wanted name */
export function chooseMappings(
  selection: Selection,
  wanted: readonly string[] | undefined,
): readonly ChosenMapping[] {
  return chooseTasks(selection, wanted).flatMap((task) =>
    task.mappings.map((mapping) => ({ selection, task, mapping })),
  );
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
