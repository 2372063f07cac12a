import type { Descriptor } from "../descriptor.ts";
import { type BundleError, describeFailure, type ErrorCode, type FailureText } from "../error.ts";
import type { Reference } from "../reference.ts";
import type { WarningCode } from "../warning-codes.ts";
import type { ManifestGraph } from "./manifest-graph.ts";

/** Where an image goes. */
export interface ImageTarget {
  /** HOST[:PORT]; null if the selection names no target. */
  readonly registry: string | null;
  readonly repository: string;
  /** Null for what was selected by digest alone. */
  readonly tag: string | null;
}

/** Referrers that one image may have. Real ones have a handful for each platform. */
export const MAX_REFERRERS = 10_000;

/** A manifest that speaks of an image, as a signature does. */
export interface CarriedReferrer {
  /** Digest of the manifest that it speaks of: the image's root, one below it, or another referrer. */
  readonly subject: string;
  readonly descriptor: Descriptor;
  /** The tag by which alone it is known, as cosign's older signatures are. */
  readonly tag?: string;
}

/** An image as plans and bundles have it. */
export interface CarriedImage {
  readonly target: ImageTarget;
  /** Digest that the reference had at the source. */
  readonly resolved: string;
  /** What is carried: the manifest itself, one platform's, or an index with entries removed. */
  readonly descriptor: Descriptor;
  /** `OS/ARCHITECTURE[/VARIANT]` each, or `all`. */
  readonly platforms: readonly string[];
  readonly task: string;
  /** The line of `tags` that selected it. */
  readonly selectedBy: string;
  /** What speaks of it: a referrer comes behind its subject. */
  readonly referrers: readonly CarriedReferrer[];
}

/**
 * What is known of the referrers of an image. `unknown`: a look-up failed, or one that was found cannot be had; those in
 * `referrers` may not be all. `off`: they were not looked for.
 */
export type ReferrerStatus = "found" | "none" | "unknown" | "off";

/** A look-up for referrers that failed, or a referrer that cannot be had. */
export interface ReferrerFailure {
  readonly subject: string;
  /** Of the referrer; absent if it is not known whether there is one. */
  readonly digest?: string;
  readonly code: ErrorCode;
  readonly message: string;
}

/** An image that a selection resolved to. */
export interface PlannedImage extends CarriedImage {
  /** Where it is read from: full names, with the tag, the digest, or both. */
  readonly source: Reference;
  readonly referrerStatus: ReferrerStatus;
  /** Why the status is `unknown`. */
  readonly referrerFailures: readonly ReferrerFailure[];
}

/** An image, or a whole mapping of a selection, that cannot be had. */
export interface FailedImage extends FailureText {
  readonly source: string;
  readonly target?: string;
}

/** What a registry says about its limit in `ratelimit-limit`, `ratelimit-remaining` and `ratelimit-reset`. */
export interface PullLimit {
  readonly remaining: number;
  readonly limit?: number;
  /** How long a window is: the longest time until all pulls are granted again. */
  readonly windowSeconds?: number;
  /** Until the window ends, counted from the registry's last answer. */
  readonly resetSeconds?: number;
}

/** What a registry counts as pulls: requests for manifests. */
export interface Pulls extends Partial<PullLimit> {
  readonly registry: string;
  /** Manifests that were not in the cache when the run began. */
  readonly needed: number;
}

/** Something that the operator should know and that stops nothing. */
export interface PlanWarning {
  readonly code: WarningCode;
  readonly message: string;
}

/** What a selection resolves to now. */
export interface Plan {
  /** In the order of the selection: tasks, mappings, tags. */
  readonly images: readonly PlannedImage[];
  /** Every manifest of the images, read. */
  readonly manifests: ManifestGraph;
  readonly failed: readonly FailedImage[];
  readonly warnings: readonly PlanWarning[];
  readonly pulls: readonly Pulls[];
}

/** What failed, with the reason that the error gives. */
export function toFailedImage(source: string, target: string | undefined, error: BundleError): FailedImage {
  return { source, ...(target === undefined ? {} : { target }), ...describeFailure(error) };
}

/** Why it is not known what speaks of a manifest, or that `digest`, which does, cannot be had. */
export function toReferrerFailure(subject: string, error: BundleError, digest?: string): ReferrerFailure {
  const { code, message } = error;
  return { subject, ...(digest === undefined ? {} : { digest }), code, message };
}

/** `HOST/REPOSITORY:TAG`, or `HOST/REPOSITORY@DIGEST` where there is no tag; without the host if no target is named. */
export function formatTarget(target: ImageTarget, digest: string): string {
  const name = target.registry === null ? target.repository : `${target.registry}/${target.repository}`;
  return target.tag === null ? `${name}@${digest}` : `${name}:${target.tag}`;
}

/** Every manifest from which all that an image needs is reached: its root, then its referrers. */
export function listRoots({ descriptor, referrers }: CarriedImage): readonly Descriptor[] {
  return [descriptor, ...referrers.map((referrer) => referrer.descriptor)];
}
