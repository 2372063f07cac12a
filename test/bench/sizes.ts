const MIB = 1024 * 1024;

/** How much is measured. */
export interface Size {
  readonly repositories: number;
  /** The part of the layers' full sizes. */
  readonly scale: number;
  /** Of the one large layer, in bytes. */
  readonly largeLayerSize: number;
  /** How many tags are planned, ascending. */
  readonly planTags: readonly number[];
  /** How often a start is measured. */
  readonly startRuns: number;
}

/** The sizes by name: the table's, a tenth for trying out, and a moment's for the bench's own test. */
export const SIZES = {
  full: {
    repositories: 24,
    scale: 1,
    largeLayerSize: 4096 * MIB,
    planTags: [1000, 5000, 10_000],
    startRuns: 10,
  },
  small: {
    repositories: 24,
    scale: 0.1,
    largeLayerSize: 400 * MIB,
    planTags: [100, 500, 1000],
    startRuns: 10,
  },
  tiny: {
    repositories: 2,
    scale: 0.01,
    largeLayerSize: 16 * MIB,
    planTags: [50, 100],
    startRuns: 1,
  },
} as const satisfies Readonly<Record<string, Size>>;

export type SizeName = keyof typeof SIZES;

/**
 * Bytes that lie on the storage at a time, at most: of the large layer the source, a bundle, curl's files and a target;
 * of the fleet also a layout.
 */
export function neededSize({ scale, largeLayerSize }: Size): number {
  return Math.max(4 * largeLayerSize, scale * 13_000 * MIB) + 100 * MIB;
}
