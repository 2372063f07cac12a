import type { Descriptor } from "../descriptor.ts";
import type { BundleError } from "../error.ts";
import type { RepositoryName } from "../reference.ts";
import { repositoryKey } from "./list-mapped-tags.ts";

/** A manifest that is wanted and a repository that has it. */
export interface WantedManifest {
  readonly descriptor: Descriptor;
  readonly from: RepositoryName;
}

/** What became of manifests that were wanted. */
export interface Outcomes {
  /** Why what this descriptor describes cannot be had; undefined if it was read, or nobody asked for it. */
  failureOf(descriptor: Descriptor): BundleError | undefined;
  /** Was it neither read nor asked for in its repository? */
  isUnseen(wanted: WantedManifest): boolean;
  /** Notes that it was read, or why it could not be. */
  note(wanted: WantedManifest, failure?: BundleError): void;
  /** Notes a manifest that no repository has. */
  noteMade(descriptor: Descriptor): void;
}

interface Outcome {
  /** The repositories that were asked, by {@link repositoryKey}. */
  readonly places: ReadonlySet<string>;
  /** Why the last of them failed; undefined if it was read. */
  readonly failure: BundleError | undefined;
}

/** Outcomes of nothing yet. */
export function createOutcomes(): Outcomes {
  const outcomes = new Map<string, Outcome>();
  return {
    failureOf: (descriptor) => outcomes.get(descriptorKey(descriptor))?.failure,
    isUnseen({ descriptor, from }) {
      const outcome = outcomes.get(descriptorKey(descriptor));
      if (outcome === undefined) return true;
      return outcome.failure !== undefined && !outcome.places.has(repositoryKey(from));
    },
    note({ descriptor, from }, failure) {
      const key = descriptorKey(descriptor);
      const places = new Set(outcomes.get(key)?.places).add(repositoryKey(from));
      outcomes.set(key, { places, failure });
    },
    noteMade: (descriptor) => {
      outcomes.set(descriptorKey(descriptor), { places: new Set(), failure: undefined });
    },
  };
}

/** Whoever gives a digest a wrong size or type fails alone: with those who name it rightly it is another matter. */
export function descriptorKey({ digest, size, mediaType }: Descriptor): string {
  return `${digest} ${size} ${mediaType}`;
}
