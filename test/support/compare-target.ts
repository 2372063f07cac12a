import { digestOf, MANIFEST_TYPES } from "@airgap-bundle/core";
import type { PlanDocument } from "./documents.ts";

/** An image that the target registry does not have as the plan says. */
export interface Mismatch {
  /** `REPOSITORY:TAG`, or `REPOSITORY@DIGEST`. */
  readonly image: string;
  readonly planned: string;
  /** Digest of the bytes that the registry gives, or the status of its refusal. */
  readonly found: string;
}

/** Asks a registry for every planned image and hashes what it gives. None of the mismatches means that all are there. */
export async function compareTarget(plan: PlanDocument, host: string): Promise<readonly Mismatch[]> {
  const mismatches: Mismatch[] = [];
  for (const { target, descriptor } of plan.images) {
    const planned = descriptor.digest;
    const response = await fetch(
      `http://${host}/v2/${target.repository}/manifests/${target.tag ?? planned}`,
      { headers: { accept: MANIFEST_TYPES.join(", ") } },
    );
    const content = await response.bytes();
    const found = response.ok ? digestOf(content) : `HTTP ${response.status}`;
    const image = `${target.repository}${target.tag === null ? `@${planned}` : `:${target.tag}`}`;
    if (found !== planned) mismatches.push({ image, planned, found });
  }
  return mismatches;
}
