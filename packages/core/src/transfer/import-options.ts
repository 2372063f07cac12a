import type { EventSink } from "../events.ts";
import type { AbortOptions, Registry } from "../repository.ts";

/** How a bundle is imported. */
export interface ImportOptions extends AbortOptions {
  /** Opens a registry by its name. */
  readonly openRegistry: (name: string) => Registry;
  /** Images looked at, and blobs sent, at once. */
  readonly jobs: number;
  /** Look what there is to do, and do nothing. @default false */
  readonly isDryRun?: boolean;
  readonly onEvent?: EventSink;
}
