import type { Position, Reporter } from "./note.ts";

/** Tasks, mappings and tags of a selection together; aliases can multiply them without end. */
const MAX_ITEMS = 200_000;

/** What all parts of a selection are read with. */
export interface ReadContext {
  readonly reporter: Reporter;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The items of a list, or none and a problem if the selection has grown too large with them. */
  take<T>(items: readonly T[], position: Position): readonly T[];
}

/** A context that counts from zero. */
export function createContext(
  reporter: Reporter,
  environment: Readonly<Record<string, string | undefined>>,
): ReadContext {
  let taken = 0;
  return {
    reporter,
    environment,
    take: (items, position) => {
      taken += items.length;
      if (taken <= MAX_ITEMS) return items;
      const message = `Cannot read the selection: it has more than ${MAX_ITEMS} tasks, mappings and tags together`;
      reporter.problem("SELECTION_TOO_LARGE", message, position);
      return [];
    },
  };
}
