import { rm } from "node:fs/promises";
import { compare, type Row } from "./row.ts";
import { runExport } from "./run-export.ts";
import { runImport } from "./run-import.ts";
import { clearDirectory, type Scene, withTarget } from "./scene.ts";

/** Peaks of one run vary by so much as it is. */
const GROWTH_BAR = 1.2;

const MAX_MEMORY = 250e6;

/** The peaks of these rows against those of one export and import of a fleet with smaller layers. */
export async function measureGrowth(small: Scene, rows: readonly Row[]): Promise<readonly Row[]> {
  const directory = await clearDirectory(small.bench, "small");
  const exported = await runExport(small, directory);
  const imported = await withTarget(small, async ({ host }) => await runImport(small, directory, host));
  await rm(directory, { recursive: true });
  return (
    [
      ["export", exported],
      ["import", imported],
    ] as const
  ).flatMap(([name, { peakMemory }]) => {
    const peak = largestPeak(rows.filter(({ what }) => what.startsWith(name)));
    if (peak === 0) return [];
    const heading = { what: `${name}: peak memory`, against: "the same with layers of a tenth" };
    return [compare(heading, peak, peakMemory, "bytes", GROWTH_BAR)];
  });
}

/** The largest peak of all rows. */
export function compareMemory(rows: readonly Row[]): Row {
  return compare(
    { what: "peak memory of all rows", against: "250 MB" },
    largestPeak(rows),
    MAX_MEMORY,
    "bytes",
    1,
  );
}

function largestPeak(rows: readonly Row[]): number {
  return Math.max(0, ...rows.map(({ peakMemory }) => peakMemory ?? 0));
}
