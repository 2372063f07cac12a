import type { EventSink } from "../events.ts";
import type { OpenSource } from "../fetch/fetch-blob.ts";
import type { MetadataCache } from "../metadata-cache.ts";
import type { AbortOptions } from "../repository.ts";
import type { ExpandOptions } from "./expand-selection.ts";
import type { PullLimit } from "./plan.ts";
import type { ListRepositories } from "./repository-query.ts";

/** What images are resolved with. */
export interface PlanOptions extends ExpandOptions, AbortOptions {
  readonly openSource: OpenSource;
  readonly cache: MetadataCache;
  /** What a registry has last said about its limit. */
  readonly pullLimit: (registry: string) => PullLimit | undefined;
  /** Where a registry grants too few pulls: wait until it grants more, and take them as they come. @default false */
  readonly waitForRateLimit?: boolean;
  /** How often a registry is asked whether it grants more, if it does not say when. @default five minutes */
  readonly askEveryMs?: number;
  /** Look for signatures and what else speaks of the images. @default true */
  readonly referrers?: boolean;
  /** Requests at once. */
  readonly jobs: number;
  readonly onEvent?: EventSink;
}

/** What a selection is resolved with. */
export interface ResolveOptions extends PlanOptions {
  readonly listRepositories: ListRepositories;
}
