import type { EventSink } from "../events.ts";
import type { AbortOptions, Repository } from "../repository.ts";
import type { PlannedImport } from "./plan-import.ts";

/** What becomes of a tag that stands for something else at the target: moved, left alone, or its image fails. */
export type OnExistingTag = "overwrite" | "skip" | "fail";

/** How a bundle is imported. */
export interface ImportOptions extends AbortOptions {
  /** Opens the repository that an image goes to. */
  readonly openRepository: (planned: PlannedImport) => Repository;
  /** Images looked at, and blobs sent, at once. */
  readonly jobs: number;
  /** Look what there is to do, and do nothing. @default false */
  readonly isDryRun?: boolean;
  /** @default "overwrite" */
  readonly onExistingTag?: OnExistingTag;
  readonly onEvent?: EventSink;
}
