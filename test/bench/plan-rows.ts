import { fork } from "node:child_process";
import { once } from "node:events";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { formatSelection } from "../support/selection.ts";
import { type Measured, measure } from "./measure.ts";
import { compare, type Row } from "./row.ts";
import { runInTurn, type Series } from "./run-in-turn.ts";
import { type Bench, clearDirectory } from "./scene.ts";

const SERVER = fileURLToPath(new URL("many-tags-server.ts", import.meta.url));
const TAGS_PER_REPOSITORY = 50;

/** How much more one tag may take among many than among few. */
const LINEARITY_BAR = 1.2;
const MAX_MEMORY = 300e6;

const Counts = z.object({ manifests: z.int(), most: z.int() });
const Plan = z.object({ images: z.array(z.unknown()) });

/** Planning this many tags, with a new cache, at our own server: each number against the one before. */
export async function measurePlan(bench: Bench, tagCounts: readonly number[]): Promise<readonly Row[]> {
  const measured: { readonly tags: number; readonly series: Series; readonly most: number }[] = [];
  for (const tags of tagCounts) {
    bench.log(`plan of ${tags} tags`);
    measured.push({ tags, ...(await planTags(bench, tags)) });
  }
  const perTag = measured.map(({ tags, series }) => (series.seconds / tags) * 1000);
  const linearity = measured.slice(1).map(({ tags, series }, i) => ({
    ...compare(
      {
        what: `plan of ${tags} tags: time of a tag`,
        against: `of ${measured[i]?.tags} tags`,
        note: `${series.seconds.toFixed(2)} s in all`,
      },
      perTag[i + 1] ?? NaN,
      perTag[i] ?? NaN,
      "ms",
      LINEARITY_BAR,
    ),
    oursRuns: series.runs,
    theirsRuns: measured[i]?.series.runs ?? [],
  }));
  const last = measured.at(-1);
  if (last === undefined) return linearity;
  const what = `plan of ${last.tags} tags`;
  return [
    ...linearity,
    compare(
      { what: `${what}: peak memory`, against: "300 MB" },
      last.series.peakMemory,
      MAX_MEMORY,
      "bytes",
      1,
    ),
    compare({ what: `${what}: GETs of a manifest, at most`, against: "one" }, last.most, 1, "count", 1),
  ];
}

async function planTags(
  bench: Bench,
  tags: number,
): Promise<{ readonly series: Series; readonly most: number }> {
  const repositories = tags / TAGS_PER_REPOSITORY;
  const server = fork(SERVER, [`${repositories}`, `${tags}`], { execArgv: ["--conditions=source"] });
  try {
    const host = z.string().parse((await once(server, "message"))[0]);
    const mappings = Array.from({ length: repositories }, (_, i) => ({
      from: `many/repository-${i}`,
      tags: ["semver: >=1.11.0"],
    }));
    const run = async (): Promise<Measured> => {
      const directory = await clearDirectory(bench, "plan");
      await writeFile(join(directory, "many.yaml"), formatSelection({ registry: host, mappings }));
      const flags = ["--cache-dir", "cache", "--quiet", "--json"];
      const measured = await measure([...bench.bundle, "plan", "-c", "many.yaml", ...flags], {
        cwd: directory,
      });
      const { length } = Plan.parse(JSON.parse(measured.stdout)).images;
      if (length !== tags) throw new Error(`The plan has ${length} images, not ${tags}`);
      await rm(directory, { recursive: true });
      return measured;
    };
    const { ours } = await runInTurn({ ours: { runs: bench.runs, run } });
    server.send("counts");
    const { manifests, most } = Counts.parse((await once(server, "message"))[0]);
    if (manifests !== tags) throw new Error(`${manifests} manifests were fetched, not ${tags}`);
    return { series: ours, most: most / bench.runs };
  } finally {
    server.disconnect();
  }
}
