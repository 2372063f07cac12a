import { rm } from "node:fs/promises";
import { sizeOf } from "./list-content.ts";
import type { Run } from "./measure.ts";
import { atLeast, atMost, compare, type Row } from "./row.ts";
import { runCurlExport, runExport } from "./run-export.ts";
import { runCurlImport, runImport } from "./run-import.ts";
import { runInTurn, type Series, toSeries } from "./run-in-turn.ts";
import {
  clearDirectory,
  countRequests,
  type LoggingRegistry,
  mostRequests,
  type Scene,
  withTarget,
} from "./scene.ts";
import { copyFromLayout, copyToLayout } from "./skopeo.ts";
import type { WireOptions } from "./wire-options.ts";

/** Import into an empty registry against curl, and where skopeo runs too against it, then once more. */
export async function measureImport(
  scene: Scene,
  what: string,
  options: WireOptions,
): Promise<readonly Row[]> {
  const { bench, images, source } = scene;
  const { bar, skopeoRuns } = options;
  const [bundle, files, layout] = [
    await clearDirectory(bench, "import"),
    await clearDirectory(bench, "curl-import"),
    await clearDirectory(bench, "skopeo-import"),
  ];
  await runExport(scene, bundle);
  await runCurlExport(scene, files);
  if (skopeoRuns > 0) await copyToLayout(layout, source.host, images);
  bench.log(`${what}: side by side`);
  const again: Again = { ours: [], copies: [], requests: [] };
  const intoEmpty = (
    runs: number,
    work: (target: LoggingRegistry) => Promise<Run>,
  ): { readonly runs: number; readonly run: () => Promise<Run> } => ({
    runs,
    run: async () => await withTarget(scene, work),
  });
  const { ours, curl, copy } = await runInTurn({
    ours: intoEmpty(bench.runs, async (target) => {
      const run = await runImport(scene, bundle, target.host);
      if (skopeoRuns > 0) await importAgain(scene, { bundle, target, again });
      return run;
    }),
    curl: intoEmpty(bench.runs, async ({ host }) => await runCurlImport(scene, files, host)),
    copy: intoEmpty(skopeoRuns, async ({ host }) => {
      const run = await copyFromLayout(layout, host, images);
      again.copies.push(await copyFromLayout(layout, host, images));
      return run;
    }),
  });
  for (const directory of [bundle, files, layout]) await rm(directory, { recursive: true });
  const note = `curl: ${Math.round((sizeOf(images) * 8) / curl.seconds / 1e6)} Mbit/s`;
  const wire = atMost({ what, against: "curl -Z", note }, [ours, curl], bar);
  if (skopeoRuns === 0) return [wire];
  return [
    wire,
    atLeast({ what, against: "skopeo copy, tag by tag" }, [ours, copy], 4),
    ...compareAgain(scene, what, again),
  ];
}

/** What is noted of runs into a registry that has everything already. */
interface Again {
  readonly ours: Run[];
  readonly copies: Run[];
  readonly requests: (readonly string[])[];
}

async function importAgain(
  scene: Scene,
  work: { readonly bundle: string; readonly target: LoggingRegistry; readonly again: Again },
): Promise<void> {
  const { bundle, target, again } = work;
  await target.takeRequests();
  again.ours.push(await runImport(scene, bundle, target.host));
  // The bench itself asks for each tag once at the end, to see whether all is there.
  again.requests.push((await target.takeRequests()).slice(0, -scene.images.length));
}

function compareAgain({ images }: Scene, what: string, again: Again): readonly Row[] {
  const series: readonly [Series, Series] = [toSeries(again.ours), toSeries(again.copies)];
  const most = mostRequests(again.requests);
  const heading = {
    what: `${what}, again: requests`,
    against: "one HEAD each tag",
    note: countRequests(most),
  };
  return [
    atLeast({ what: `${what}, again`, against: "skopeo copy again" }, series, 15),
    compare(heading, most.length, images.length, "count", 1),
  ];
}
