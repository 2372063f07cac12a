import { createBundleFile } from "../bundle/bundle-file.ts";
import { composeBundle } from "../bundle/compose-bundle.ts";
import type { OpenedBundle } from "../bundle/open-bundle.ts";
import type { Plan } from "../plan/plan.ts";
import { downloadLayers } from "./download-layers.ts";
import type { ExportOptions } from "./export-options.ts";
import { type ExportReport, reportBundle, reportNothing } from "./export-report.ts";
import { takeOut } from "./failures.ts";
import { fetchMetadata, readMetadata } from "./fetch-metadata.ts";

/**
 * Writes what is planned to `path`: layers straight to their places while they are verified, everything else last, under
 * a temporary name until all of it is there. `existing` is the bundle that `path` holds now: if it is the planned one
 * nothing is fetched, else its layers are reused and it is replaced. An image that cannot be had is left out and told.
 *
 * @throws `NO_SPACE`, `FILE_FAILED`, the abort reason of `signal`; with `failFast` what the first image failed with
 */
export async function exportBundle(
  plan: Plan,
  path: string,
  options: ExportOptions & { readonly existing?: OpenedBundle | undefined },
): Promise<ExportReport> {
  const { cache, existing, heading, onEvent } = options;
  const { complete, failed } = await fetchMetadata(plan, options);
  const planFailed = [...plan.failed, ...failed];
  if (complete.length === 0) return reportNothing(planFailed);
  const planned = composeBundle(complete, plan.manifests, heading);
  if (existing?.id === planned.id) return reportBundle(planned, planFailed, cache.fetched);

  const file = await createBundleFile(path, planned.size);
  try {
    const { fetched, failures } = await downloadLayers(planned, file, plan, options);
    const rest = takeOut(complete, plan.manifests, failures);
    const allFailed = [...planFailed, ...rest.failed];
    if (rest.complete.length === 0) return reportNothing(allFailed);
    onEvent?.({ kind: "phase", phase: "write" });
    const bundle = failures.size === 0 ? planned : composeBundle(rest.complete, plan.manifests, heading);
    if (bundle !== planned) await file.moveLayers(planned, bundle);
    await file.finish(bundle, async (descriptor) => await readMetadata(cache, descriptor));
    return reportBundle(bundle, allFailed, new Set([...fetched, ...cache.fetched]));
  } finally {
    await file.discard();
  }
}
