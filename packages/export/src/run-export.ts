import { access } from "node:fs/promises";
import { resolve } from "node:path";
import { stdout } from "node:process";
import {
  BundleError,
  claimOutput,
  closeAfter,
  type EventSink,
  exportBundle,
  type OpenedBundle,
  openExistingBundle,
  type Plan,
  streamBundle,
} from "@airgap-bundle/core";
import { type ExportDocument, toExportDocument } from "./export-document.ts";
import { followLink } from "./follow-link.ts";
import { type HeadingFlags, toHeading } from "./heading.ts";
import type { PlanFlags } from "./open-sources.ts";
import { type SourceOptions, withPlan } from "./resolve-selection.ts";
import { writeChunk } from "./write-chunk.ts";

/** What `bundle export` is told. */
export interface ExportFlags extends PlanFlags, HeadingFlags {
  readonly output: string;
  readonly force: boolean;
  readonly "fail-fast": boolean;
}

/**
 * Resolves a selection and writes the bundle.
 *
 * @throws what {@link withPlan} and {@link exportBundle} throw; `OUTPUT_EXISTS`, `OUTPUT_IN_USE`; `SELECTION_INVALID` if nothing is selected
 */
export async function runExport(
  path: string,
  flags: ExportFlags,
  options: SourceOptions,
): Promise<ExportDocument> {
  const startedAt = performance.now();
  const heading = toHeading(flags, process.env);
  const isPiped = flags.output === "-";
  if (isPiped && stdout.isTTY) throw terminalError();
  const output = isPiped ? flags.output : await followLink(flags.output);
  if (resolve(output) === resolve(await followLink(path))) throw sameFileError(path);
  const release = isPiped ? undefined : await claimOutput(output);
  const resolveAndWrite = async (existing: OpenedBundle | undefined): Promise<ExportDocument> =>
    await withPlan(path, flags, options, async (plan, sources) => {
      checkPlan(plan, path, flags);
      const work = { ...sources, ...options, heading, failFast: flags["fail-fast"] };
      const report = await tellFailedIfThrown(plan, options.onEvent, async () =>
        isPiped
          ? await streamBundle(plan, async (chunk) => await writeChunk(stdout, chunk, options), work)
          : await exportBundle(plan, output, { ...work, existing, isForced: flags.force }),
      );
      const durationMs = Math.round(performance.now() - startedAt);
      const partial = isPiped ? undefined : await findPartial(output);
      const about = { requests: sources.requests(), durationMs };
      return toExportDocument(report, output, partial === undefined ? about : { ...about, partial });
    });
  return await closeAfter({ close: async () => await release?.() }, async () => {
    const existing = isPiped ? undefined : await openExistingBundle(output, { isForced: flags.force });
    const reading = { close: async () => await existing?.close() };
    return await closeAfter(reading, async () => await resolveAndWrite(existing));
  });
}

/** A run that ends with an error has no list of images that failed: what the plan found out of them is told before. */
async function tellFailedIfThrown<T>(plan: Plan, onEvent: EventSink, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    for (const { source, code, message } of plan.failed)
      onEvent({ kind: "warning", code, message: `${source}: ${message}` });
    throw error;
  }
}

/** The file that the next run goes on with, if there is one. */
async function findPartial(output: string): Promise<string | undefined> {
  const partial = `${output}.partial`;
  try {
    await access(partial);
    return partial;
  } catch {
    return undefined;
  }
}

function terminalError(): BundleError {
  return new BundleError("USAGE", "Cannot write a bundle to a terminal", {
    hint: "Name a file with -o OUT.tar, or send -o - into a pipe",
  });
}

function sameFileError(path: string): BundleError {
  return new BundleError("USAGE", `Cannot write a bundle to ${path}: that is the selection`, {
    hint: "Name another file with -o OUT.tar",
  });
}

function checkPlan({ images, failed }: Plan, path: string, flags: ExportFlags): void {
  const [first] = failed;
  if (first !== undefined && flags["fail-fast"]) {
    throw new BundleError(first.code, first.message, { hint: first.hint });
  }
  if (images.length > 0 || failed.length > 0) return;
  throw new BundleError("SELECTION_INVALID", `Cannot export ${path}: nothing in it is selected`, {
    hint: "The warnings say which filters match nothing; bundle plan shows it without writing",
  });
}
