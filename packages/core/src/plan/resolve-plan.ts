import { BundleError, isBundleError } from "../error.ts";
import { formatReference } from "../reference.ts";
import type { Selection } from "../selection/selection.ts";
import { attachReferrers, warnOfPartialIndexes, warnOfUnknownReferrers } from "./attach-referrers.ts";
import { checkTargets } from "./check-targets.ts";
import { chooseImages, type ResolvedRequest } from "./choose-images.ts";
import { expandSelection, type RepositoryMapping } from "./expand-selection.ts";
import { findForeignLayers } from "./find-foreign-layers.ts";
import { type FindReferrersContext, findReferrers } from "./find-referrers.ts";
import { finishImages } from "./finish-images.ts";
import { listMappedTags, repositoryKey, type TagList } from "./list-mapped-tags.ts";
import { listRepositories, warnOfLists } from "./list-repositories.ts";
import { createManifestFetcher } from "./manifest-fetcher.ts";
import {
  type FailedImage,
  formatTarget,
  type Plan,
  type PlannedImage,
  type PlanWarning,
  toFailedImage,
} from "./plan.ts";
import type { ResolveOptions } from "./plan-options.ts";
import { type ImageRequest, requestImages } from "./request.ts";
import { type Resolution, resolveRequests } from "./resolve-requests.ts";

/**
 * Finds out what a selection means now: lists repositories where `from` is a pattern, lists tags, applies the filters,
 * asks for every reference's digest, reads the manifests and chooses platforms. What fails is in `failed`; the rest goes
 * on.
 *
 * @throws `USAGE`, `PLATFORM_UNKNOWN` for wrong options; `TARGET_CONFLICT` if two images have one target;
 * `TOOMANYREQUESTS` if a registry grants fewer pulls than are needed, before the first of a level: roots, indexes below
 * them, what is chosen, referrers, and those of referrers; `NO_SPACE`, `FILE_FAILED` of the cache; the abort reason of
 * `signal`
 */
export async function resolvePlan(selection: Selection, options: ResolveOptions): Promise<Plan> {
  const listed = await listRepositories(selection, options);
  const expanded = expandSelection(selection, { ...options, listed });
  const lists = await listMappedTags(expanded.mappings, options);
  const filtered = applyFilters(expanded.mappings, lists);
  const resolutions = await resolveRequests(filtered.requests, options);
  const resolved = joinResolutions(filtered.requests, resolutions);
  const fetcher = createManifestFetcher(options);
  const chosen = await chooseImages(resolved.requests, fetcher);
  const finished = await finishImages(chosen.images, fetcher.manifests, options);
  const spoken = await addReferrers(checkTargets(finished.images), { fetcher, lists, options });
  const carried = await findForeignLayers(spoken.images, fetcher.manifests, options);
  const steps = [expanded, filtered, resolved, chosen, finished];
  return {
    images: spoken.images,
    manifests: carried.manifests,
    failed: steps.flatMap(({ failed }) => failed),
    warnings: [
      ...warnOfLists(listed),
      ...[expanded, filtered, resolved, finished, spoken, carried].flatMap((step) => step.warnings),
    ],
    pulls: fetcher.pulls(),
  };
}

async function addReferrers(
  images: readonly PlannedImage[],
  context: FindReferrersContext,
): Promise<Pick<Plan, "images" | "warnings">> {
  const { fetcher, options } = context;
  if (options.referrers === false) return { images, warnings: [] };
  const found = await findReferrers(images, context).catch(adviseNoReferrers);
  const attached = images.map((image) => attachReferrers(image, found, fetcher.manifests));
  return {
    images: attached,
    warnings: [...warnOfUnknownReferrers(attached), ...warnOfPartialIndexes(attached, found)],
  };
}

/** All pulls for the images are paid by then: it would be a pity to wait for a limit's end if nobody needs the rest. */
function adviseNoReferrers(error: unknown): never {
  if (!isBundleError(error, "TOOMANYREQUESTS")) throw error;
  const hint = `${error.hint}. Without signatures (--no-referrers) no more pulls are needed`;
  throw new BundleError(error.code, error.message, { hint, cause: error.cause });
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

interface JoinedRequests {
  readonly requests: readonly ResolvedRequest[];
  readonly failed: readonly FailedImage[];
  readonly warnings: readonly PlanWarning[];
}

/** A tag may be deleted after it was listed, and some registries list more than they give: only what is named must be there. */
function joinResolutions(
  requests: readonly ImageRequest[],
  resolutions: ReadonlyMap<string, Resolution>,
): JoinedRequests {
  const resolved: ResolvedRequest[] = [];
  const failed: FailedImage[] = [];
  const warnings: PlanWarning[] = [];
  for (const request of requests) {
    const name = formatReference(request.source);
    const resolution = resolutions.get(name);
    if (resolution?.kind === "resolved") resolved.push({ ...request, resolved: resolution.descriptor });
    if (resolution?.kind !== "failed") continue;
    const { error } = resolution;
    if (error.code === "MANIFEST_UNKNOWN" && !request.isNamed) warnings.push(goneTag(name, request));
    else failed.push(toFailedImage(name, formatTarget(request.target, request.source.digest ?? ""), error));
  }
  return { requests: resolved, failed, warnings };
}

function goneTag(name: string, { task, selectedBy }: ImageRequest): PlanWarning {
  const message = `${name} is left out: the registry lists the tag, but has no such image (task ${JSON.stringify(task)}, ${JSON.stringify(selectedBy)})`;
  return { code: "TAG_GONE", message };
}

function nothingSelected({ source, mapping, task }: RepositoryMapping, count: number): PlanWarning {
  const filter = mapping.tags.map((tag) => JSON.stringify(tag)).join(", ");
  const message = `Nothing of ${repositoryKey(source)} is selected: none of its ${count} tags passes ${filter || "the filter"} (task ${JSON.stringify(task)}, line ${mapping.line})`;
  return { code: "NOTHING_SELECTED", message };
}
