import type { BundleHeading } from "../bundle/compose-bundle.ts";
import type { EventSink } from "../events.ts";
import type { OpenSource } from "../fetch/fetch-blob.ts";
import type { MetadataCache } from "../metadata-cache.ts";
import type { AbortOptions } from "../repository.ts";

/** How a plan is carried out. */
export interface ExportOptions extends AbortOptions {
  readonly openSource: OpenSource;
  readonly cache: MetadataCache;
  readonly heading: BundleHeading;
  /** Blobs fetched at once. */
  readonly jobs: number;
  /** Stop at the first image that fails. @default false */
  readonly failFast?: boolean;
  readonly onEvent?: EventSink;
}
