import type { EventSink } from "../../packages/core/src/index.ts";

/** Warnings so far, as `CODE MESSAGE`. */
export interface WatchedWarnings {
  readonly warnings: readonly string[];
  readonly onEvent: EventSink;
}

/** Collects the warnings among events. */
export function watchWarnings(): WatchedWarnings {
  const warnings: string[] = [];
  return {
    warnings,
    onEvent: (event) => {
      if (event.kind === "warning") warnings.push(`${event.code} ${event.message}`);
    },
  };
}
