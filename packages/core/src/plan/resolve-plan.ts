import { formatReference } from "../reference.ts";
import type { Selection } from "../selection/selection.ts";
import { attachReferrers, warnOfPartialIndexes, warnOfUnknownReferrers } from "./attach-referrers.ts";
import { checkTargets } from "./check-targets.ts";
import { chooseImages, type ResolvedRequest } from "./choose-images.ts";
import { expandSelection, type RepositoryMapping } from "./expand-selection.ts";
import { type FindReferrersContext, findReferrers } from "./find-referrers.ts";
import { finishImages } from "./finish-images.ts";
import { listMappedTags, repositoryKey, type TagList } from "./list-mapped-tags.ts";
import { createManifestFetcher } from "./manifest-fetcher.ts";
import {
  type FailedImage,
  formatTarget,
  type Plan,
  type PlannedImage,
  type PlanWarning,
  toFailedImage,
} from "./plan.ts";
import type { PlanOptions } from "./plan-options.ts";
import { type ImageRequest, requestImages } from "./request.ts";
import { type Resolution, resolveRequests } from "./resolve-requests.ts";

/**
 * Finds out what a selection means now: lists tags, applies the filters, asks for every reference's digest, reads the
 * manifests and chooses platforms. What fails is in `failed`; the rest goes on.
 *
 * @throws `USAGE`, `PLATFORM_UNKNOWN` for wrong options; `TARGET_CONFLICT` if two images have one target;
 * `TOOMANYREQUESTS` before the first pull if a registry grants fewer than are needed; `NO_SPACE`, `FILE_FAILED` of the
 * cache; the abort reason of `signal`
 */
export async function resolvePlan(selection: Selection, options: PlanOptions): Promise<Plan> {
  const expanded = expandSelection(selection, options);
  const lists = await listMappedTags(expanded.mappings, options);
  const filtered = applyFilters(expanded.mappings, lists);
  const resolutions = await resolveRequests(filtered.requests, options);
  const resolved = joinResolutions(filtered.requests, resolutions);
  const fetcher = createManifestFetcher(options);
  const chosen = await chooseImages(resolved.requests, fetcher);
  const finished = await finishImages(chosen.images, fetcher.manifests, options);
  const spoken = await addReferrers(checkTargets(finished.images), { fetcher, lists, options });
  const steps = [expanded, filtered, resolved, chosen, finished];
  return {
    images: spoken.images,
    manifests: fetcher.manifests,
    failed: steps.flatMap(({ failed }) => failed),
    warnings: [...filtered.warnings, ...finished.warnings, ...spoken.warnings],
    pulls: fetcher.pulls(),
  };
}

async function addReferrers(
  images: readonly PlannedImage[],
  context: FindReferrersContext,
): Promise<Pick<Plan, "images" | "warnings">> {
  const { fetcher, options } = context;
  if (options.referrers === false) return { images, warnings: [] };
  const found = await findReferrers(images, context);
  const attached = images.map((image) => attachReferrers(image, found, fetcher.manifests));
  return {
    images: attached,
    warnings: [...warnOfUnknownReferrers(attached), ...warnOfPartialIndexes(attached, found)],
  };
}

interface FilteredMappings {
  readonly requests: readonly ImageRequest[];
  readonly failed: readonly FailedImage[];
  readonly warnings: readonly PlanWarning[];
}

function applyFilters(
  mappings: readonly RepositoryMapping[],
  lists: ReadonlyMap<string, TagList>,
): FilteredMappings {
  const requests: ImageRequest[] = [];
  const failed: FailedImage[] = [];
  const warnings: PlanWarning[] = [];
  for (const mapping of mappings) {
    const list = lists.get(repositoryKey(mapping.source));
    if (list?.kind === "failed") {
      failed.push(toFailedImage(repositoryKey(mapping.source), undefined, list.error));
      continue;
    }
    const tags = list?.tags ?? [];
    const requested = requestImages(mapping, tags);
    if (requested.length === 0) warnings.push(nothingSelected(mapping, tags.length));
    requests.push(...requested);
  }
  return { requests, failed, warnings };
}

function joinResolutions(
  requests: readonly ImageRequest[],
  resolutions: ReadonlyMap<string, Resolution>,
): { readonly requests: readonly ResolvedRequest[]; readonly failed: readonly FailedImage[] } {
  const resolved: ResolvedRequest[] = [];
  const failed: FailedImage[] = [];
  for (const request of requests) {
    const resolution = resolutions.get(formatReference(request.source));
    if (resolution?.kind === "resolved") resolved.push({ ...request, resolved: resolution.descriptor });
    if (resolution?.kind !== "failed") continue;
    failed.push(
      toFailedImage(
        formatReference(request.source),
        formatTarget(request.target, request.source.digest ?? ""),
        resolution.error,
      ),
    );
  }
  return { requests: resolved, failed };
}

function nothingSelected({ source, mapping, task }: RepositoryMapping, count: number): PlanWarning {
  const filter = mapping.tags.map((tag) => JSON.stringify(tag)).join(", ");
  const message = `Nothing of ${repositoryKey(source)} is selected: none of its ${count} tags passes ${filter || "the filter"} (task ${JSON.stringify(task)}, line ${mapping.line})`;
  return { code: "NOTHING_SELECTED", message };
}
