import type { SharedOptions } from "@airgap-bundle/cli";
import {
  BundleError,
  closeAfter,
  type ImportedImage,
  importBundle,
  type OnExistingTag,
  openBundle,
  planImport,
  verifyBundle,
} from "@airgap-bundle/core";
import {
  createRegistryPool,
  describeMachine,
  openCredentials,
  type RegistryPool,
} from "@airgap-bundle/registry";
import { chooseBundle } from "./choose-bundle.ts";
import { readSettings } from "./find-settings.ts";
import { type ImportDocument, toImportDocument } from "./import-document.ts";
import { parseChunkSize } from "./parse-chunk-size.ts";
import { countProblems } from "./verify-document.ts";

/** What `bundle import` is told. */
export interface ImportFlags {
  readonly to?: string | undefined;
  readonly config?: string | undefined;
  readonly task?: string[] | undefined;
  readonly "chunk-size"?: string | undefined;
  readonly "on-existing-tag": OnExistingTag;
  readonly "dry-run": boolean;
  readonly "verify-first": boolean;
}

/**
 * Opens a bundle and pushes its images.
 *
 * @throws `USAGE`, `SELECTION_INVALID` for wrong flags; `BUNDLE_INVALID`, `BUNDLE_UNSUPPORTED`; what {@link planImport} and
 * {@link importBundle} throw
 */
export async function runImport(
  paths: readonly string[],
  flags: ImportFlags,
  options: SharedOptions & { readonly userAgent: string },
): Promise<ImportDocument> {
  const startedAt = performance.now();
  const { jobs, onEvent, signal } = options;
  const path = chooseBundle(paths);
  const chunkSize = flags["chunk-size"] === undefined ? undefined : parseChunkSize(flags["chunk-size"]);
  const settings = await readSettings(flags.config, onEvent);
  if (flags["verify-first"]) await verifyFirst(path, options);
  const pool = await openPool({ ...options, chunkSize, certsDir: settings.certsDir });
  const bundle = await openBundle(path);
  const work = async (): Promise<ImportDocument> => {
    const planned = planImport(bundle.document, {
      ...(flags.to === undefined ? {} : { to: flags.to }),
      ...(flags.task === undefined ? {} : { tasks: flags.task }),
    });
    const report = await importBundle(bundle, planned, {
      openRepository: (one) =>
        pool.open(one.target.registry, settings.find(one)).openRepository(one.target.repository),
      jobs,
      isDryRun: flags["dry-run"],
      onExistingTag: flags["on-existing-tag"],
      onEvent,
      signal,
    });
    const durationMs = Math.round(performance.now() - startedAt);
    const images = flags.to === undefined ? report.images.map(adviseTo) : report.images;
    return toImportDocument(bundle, { ...report, images }, { requests: pool.requests(), durationMs });
  };
  return await closeAfter(bundle, async () => await closeAfter(pool, work));
}

/** Where nobody has named the registry it may be one that is known outside only. */
function adviseTo(image: ImportedImage): ImportedImage {
  if (image.code !== "CONNECTION_FAILED") return image;
  const hint = image.hint === undefined ? "" : `${image.hint}. `;
  return { ...image, hint: `${hint}The bundle names this registry; --to HOST[/PREFIX] names another` };
}

interface PoolOptions extends SharedOptions {
  readonly userAgent: string;
  readonly chunkSize: number | undefined;
  readonly certsDir: string | undefined;
}

async function openPool(options: PoolOptions): Promise<RegistryPool> {
  const { authFile, onEvent } = options;
  const now = (): number => performance.now();
  const findCredentials = await openCredentials({ authFile, machine: describeMachine(), onEvent, now });
  return createRegistryPool({ ...options, findCredentials, environment: process.env });
}

/** @throws `BUNDLE_INVALID` with every problem counted */
async function verifyFirst(path: string, { onEvent, signal }: SharedOptions): Promise<void> {
  const { problems } = await verifyBundle(path, { onEvent, signal });
  const [first] = problems;
  if (first === undefined) return;
  throw new BundleError(
    "BUNDLE_INVALID",
    `Cannot import ${path}: ${first.message}${problems.length === 1 ? "" : ` (the first of ${countProblems(problems)})`}`,
    {
      hint: `Nothing was pushed. bundle verify ${path} shows everything that is wrong with it`,
    },
  );
}
