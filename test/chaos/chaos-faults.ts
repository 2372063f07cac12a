import { createHash } from "node:crypto";
import type { ChooseFault, Fault } from "../faults/fault.ts";
import { createRandom } from "../fuzz/random.ts";
import { drawFault } from "./draw-fault.ts";

/** So often is one thing disturbed: who tries again and again must succeed in the end. */
const MOST_FAULTS = 2;

/** One request in so many is disturbed. */
const FAULT_RATE = 4;

/** What is not known to have a size is a small document. */
const DOCUMENT_SIZE = 200;

/** How faults are drawn. */
export interface ChaosOptions {
  /** Different for every round and side. */
  readonly seed: string;
  /** Of blobs and manifests by digest, in bytes. */
  readonly sizes: ReadonlyMap<string, number>;
  /** Told of every fault. */
  readonly onFault: (fault: Fault) => void;
}

/**
 * Draws for each request by what it asks for and how often that was asked, not by when it comes: the order of
 * simultaneous requests is not the same in every run.
 */
export function drawFaults({ seed, sizes, onFault }: ChaosOptions): ChooseFault {
  const asked = new Map<string, number>();
  const disturbed = new Map<string, number>();
  return (request) => {
    const key = `${request.method} ${request.path.replace(/(?<=\/blobs\/uploads\/).+/, "")}`;
    const nth = asked.get(key) ?? 0;
    asked.set(key, nth + 1);
    const random = createRandom(hashOf(`${seed} ${key}`), nth);
    const faults = disturbed.get(key) ?? 0;
    if (faults >= MOST_FAULTS || !random.oneIn(FAULT_RATE)) return undefined;
    disturbed.set(key, faults + 1);
    const digest = /sha256:[0-9a-f]{64}$/.exec(request.path)?.[0] ?? "";
    const fault = drawFault(random, request, sizes.get(digest) ?? DOCUMENT_SIZE);
    onFault(fault);
    return fault;
  };
}

function hashOf(text: string): number {
  return createHash("sha256").update(text).digest().readUInt32LE();
}
