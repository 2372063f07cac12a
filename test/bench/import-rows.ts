import { rm } from "node:fs/promises";
import { sizeOf } from "./list-content.ts";
import type { Run } from "./measure.ts";
import { atLeast, atMost, compare, type Row } from "./row.ts";
import { runCurlExport, runExport } from "./run-export.ts";
import { runCurlImport, runImport } from "./run-import.ts";
import { runInTurn, type Series, toSeries } from "./run-in-turn.ts";
import { clearDirectory, countRequests, type Scene, withTarget } from "./scene.ts";
import { copyFromLayout, copyToLayout } from "./skopeo.ts";

/** Import into an empty registry against curl. */
export async function measureImport(scene: Scene, what: string, bar: number): Promise<readonly Row[]> {
  const { bench } = scene;
  const directory = await clearDirectory(bench, "import");
  await runExport(scene, directory);
  const others = await clearDirectory(bench, "curl-import");
  await runCurlExport(scene, others);
  bench.log(`${what}: ours and curl in turn`);
  const { runs } = bench;
  const { ours, curl } = await runInTurn({
    ours: {
      runs,
      run: async () => await withTarget(scene, async ({ host }) => await runImport(scene, directory, host)),
    },
    curl: {
      runs,
      run: async () => await withTarget(scene, async ({ host }) => await runCurlImport(scene, others, host)),
    },
  });
  await rm(directory, { recursive: true });
  await rm(others, { recursive: true });
  const note = `curl: ${Math.round((sizeOf(scene.images) * 8) / curl.seconds / 1e6)} Mbit/s`;
  return [atMost({ what, against: "curl -Z", note }, [ours, curl], bar)];
}

/** Import into an empty registry, and once more, against skopeo. */
export async function measureImportBySkopeo(scene: Scene, what: string): Promise<readonly Row[]> {
  const { bench, images } = scene;
  const directory = await clearDirectory(bench, "import");
  await runExport(scene, directory);
  const layout = await clearDirectory(bench, "skopeo-import");
  await copyToLayout(layout, scene.source.host, images);
  bench.log(`${what}: ours and skopeo in turn`);
  const oursAgain: Run[] = [];
  const copiesAgain: Run[] = [];
  const requests: (readonly string[])[] = [];
  const { skopeoRuns: runs } = bench;
  const { ours, copy } = await runInTurn({
    ours: {
      runs,
      run: async () =>
        await withTarget(scene, async ({ host, takeRequests }) => {
          const first = await runImport(scene, directory, host);
          for (let round = 0; round < bench.runs; round++) {
            await takeRequests();
            oursAgain.push(await runImport(scene, directory, host));
            requests.push(await takeRequests());
          }
          return first;
        }),
    },
    copy: {
      runs,
      run: async () =>
        await withTarget(scene, async ({ host }) => {
          const first = await copyFromLayout(layout, host, images);
          copiesAgain.push(await copyFromLayout(layout, host, images));
          return first;
        }),
    },
  });
  await rm(directory, { recursive: true });
  await rm(layout, { recursive: true });
  // The bench itself asks for each tag once, to see whether all is there.
  const most = (requests.toSorted((a, b) => b.length - a.length)[0] ?? []).slice(0, -images.length);
  const again: readonly [Series, Series] = [toSeries(oursAgain), toSeries(copiesAgain)];
  return [
    atLeast({ what, against: "skopeo copy, tag by tag" }, [ours, copy], 4),
    atLeast({ what: `${what}, again`, against: "skopeo copy again" }, again, 15),
    compare(
      { what: `${what}, again: requests`, against: "one HEAD each tag", note: countRequests(most) },
      most.length,
      images.length,
      "count",
      1,
    ),
  ];
}
