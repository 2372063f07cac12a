import { isBundleError } from "@airgap-bundle/core";
import { describePlan, type FailedPlan, isRefusal, nextPlan, type UploadPlan } from "./upload-plan.ts";

/** Ways refused before it is taken that there is none: limits that contradict each other have no end. */
const MAX_REFUSED = 10;

/** Sessions opened in place of mounts before it is taken that a registry mounts nothing. */
const MAX_UNMOUNTED = 3;

/** What uploads to one registry have taught, so that the second blob does not fail as the first one did. */
export interface UploadMemory {
  /** How bytes are sent now. */
  plan(): UploadPlan;
  /** This way has worked. */
  confirm(plan: UploadPlan): void;
  /** A way has failed: is there another one to try now? */
  replace(failed: Omit<FailedPlan, "isProven">): boolean;
  /** The ways that this registry has refused. */
  refused(): readonly string[];
  /** Is it worth while to ask for a mount? */
  mayMount(): boolean;
  /** What became of asking. */
  noteMount(outcome: "mounted" | "session" | "refused"): void;
}

/** A memory without experience; a `chunkSize` means chunks from the beginning. */
export function createUploadMemory(chunkSize?: number): UploadMemory {
  let current: UploadPlan = chunkSize === undefined ? { kind: "put" } : { kind: "chunks", size: chunkSize };
  const proven = new Set<string>();
  const refused = new Set<string>();
  let mountsLeft = MAX_UNMOUNTED;

  return {
    plan: () => current,
    confirm(plan) {
      proven.add(describePlan(plan));
    },
    replace(failed) {
      const { plan, error } = failed;
      // Another blob has found the next way while this one was on its way: that helps if the way is to blame.
      if (describePlan(plan) !== describePlan(current))
        return isRefusal(error) || isBundleError(error, "CONNECTION_FAILED");
      const next = nextPlan({ ...failed, isProven: proven.has(describePlan(plan)) }, refused);
      if (next === undefined || refused.has(describePlan(next)) || refused.size === MAX_REFUSED) return false;
      // What a cut connection means is a guess: that way may be tried again.
      if (isRefusal(error)) refused.add(describePlan(plan));
      current = next;
      return true;
    },
    refused: () => [...refused],
    mayMount: () => mountsLeft > 0,
    noteMount(outcome) {
      if (outcome === "mounted") mountsLeft = Number.POSITIVE_INFINITY;
      else mountsLeft = outcome === "refused" ? 0 : mountsLeft - 1;
    },
  };
}
