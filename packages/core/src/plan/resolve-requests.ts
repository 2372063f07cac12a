import type { Descriptor } from "../descriptor.ts";
import { isDigest } from "../digest.ts";
import { BundleError, isBundleError } from "../error.ts";
import { mapConcurrent } from "../map-concurrent.ts";
import { formatReference, isTag, type Reference } from "../reference.ts";
import type { PlanOptions } from "./plan-options.ts";
import type { ImageRequest } from "./request.ts";

/** What a reference stands for, or why that could not be found out. */
export type Resolution =
  | { readonly kind: "resolved"; readonly descriptor: Descriptor }
  | { readonly kind: "failed"; readonly error: BundleError };

/** Asks the registries, once each, what the references of these requests stand for; by {@link formatReference}. */
export async function resolveRequests(
  requests: readonly ImageRequest[],
  options: PlanOptions,
): Promise<ReadonlyMap<string, Resolution>> {
  const { jobs, onEvent, signal } = options;
  const references = new Map(requests.map(({ source }) => [formatReference(source), source]));
  onEvent?.({ kind: "phase", phase: "resolve", total: references.size });
  const resolutions = await mapConcurrent(
    [...references],
    async ([key, reference], jobSignal): Promise<[string, Resolution]> => {
      const resolution = await resolveReference(reference, { ...options, signal: jobSignal });
      onEvent?.({ kind: "step", phase: "resolve" });
      return [key, resolution];
    },
    { concurrency: jobs, ...(signal === undefined ? {} : { signal }) },
  );
  return new Map(resolutions);
}

async function resolveReference(
  reference: Reference,
  { openSource, signal }: PlanOptions,
): Promise<Resolution> {
  const { tag, digest } = reference;
  // A selection may name anything: it would end up in a URL, and as the tag at the target.
  const isTagGood = tag === undefined || isTag(tag);
  const isDigestGood = digest === undefined || isDigest(digest);
  const name = digest ?? tag;
  if (name === undefined || !isTagGood || !isDigestGood)
    return { kind: "failed", error: malformed(reference) };
  try {
    const descriptor = await openSource(reference).resolve(name, signal === undefined ? {} : { signal });
    return descriptor === undefined
      ? { kind: "failed", error: notFound(reference) }
      : { kind: "resolved", descriptor };
  } catch (error) {
    signal?.throwIfAborted();
    if (!isBundleError(error)) throw error;
    return { kind: "failed", error };
  }
}

function malformed(reference: Reference): BundleError {
  return new BundleError(
    "REFERENCE_INVALID",
    `Cannot use ${formatReference(reference)}: its tag or digest is malformed`,
    {
      hint: "Correct the tag in the selection",
    },
  );
}

function notFound(reference: Reference): BundleError {
  return new BundleError(
    "MANIFEST_UNKNOWN",
    `Cannot find ${formatReference(reference)}: the registry has no such image`,
    {
      hint: "Check repository and tag in the selection",
    },
  );
}
