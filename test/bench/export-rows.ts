import { rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { sizeOf } from "./list-content.ts";
import type { Run } from "./measure.ts";
import { atLeast, atMost, compare, type Row } from "./row.ts";
import { runCurlExport, runExport } from "./run-export.ts";
import { runInTurn } from "./run-in-turn.ts";
import { clearDirectory, countRequests, type Scene } from "./scene.ts";
import { copyToLayout, syncToDirectory } from "./skopeo.ts";

/** Blocks of `stat` have this size, whatever the file system's are. */
const STAT_BLOCK_SIZE = 512;

/** How much above the unique bytes a bundle may lie. */
const SIZE_BAR = 1.01;

/** Export with a new cache against curl. */
export async function measureExport(scene: Scene, what: string, bar: number): Promise<readonly Row[]> {
  const { bench, images, link } = scene;
  bench.log(`${what}: ours and curl in turn`);
  const sizes: number[] = [];
  const { ours, curl } = await runInTurn({
    ours: {
      runs: bench.runs,
      run: async () =>
        await inDirectory(scene, async (directory) => {
          const run = await runExport(scene, directory);
          sizes.push((await stat(join(directory, "out.tar"))).blocks * STAT_BLOCK_SIZE);
          return run;
        }),
    },
    curl: {
      runs: bench.runs,
      run: async () => await inDirectory(scene, async (directory) => await runCurlExport(scene, directory)),
    },
  });
  const unique = sizeOf(images);
  const note = `curl: ${Math.round((unique * 8) / curl.seconds / 1e6)} Mbit/s`;
  const wire = atMost({ what, against: "curl -Z", note }, [ours, curl], bar);
  if (link.name !== "loopback") return [wire];
  const against = "unique bytes";
  const written = Math.max(...ours.runs.map((run) => run.written));
  return [
    wire,
    compare({ what: `${what}: on disk`, against }, Math.max(...sizes), unique, "bytes", SIZE_BAR),
    compare(
      { what: `${what}: written`, against, note: "wchar: journal, cache and requests included" },
      written,
      unique,
      "bytes",
      SIZE_BAR,
    ),
  ];
}

/** Export with a new cache, and once more, against skopeo. */
export async function measureExportBySkopeo(scene: Scene, what: string): Promise<readonly Row[]> {
  const { bench, images, source } = scene;
  const { host } = source;
  const directory = await clearDirectory(bench, "export");
  const others = await clearDirectory(bench, "skopeo-export");
  bench.log(`${what}: ours and skopeo in turn`);
  const { skopeoRuns: runs } = bench;
  const first = await runInTurn({
    ours: {
      runs,
      run: async () => await runExport(scene, await clearDirectory(bench, "export")),
    },
    sync: { runs, run: async () => await syncToDirectory(others, host, images) },
    copy: {
      runs,
      run: async () => await copyToLayout(await clearDirectory(bench, "skopeo-export"), host, images),
    },
  });
  await source.takeRequests();
  const requests: (readonly string[])[] = [];
  const again = await runInTurn({
    ours: {
      runs: bench.runs,
      run: async () => {
        const run = await runExport(scene, directory);
        requests.push(await source.takeRequests());
        return run;
      },
    },
    copy: {
      runs,
      run: async () => {
        const run = await copyToLayout(others, host, images);
        await source.takeRequests();
        return run;
      },
    },
  });
  await rm(directory, { recursive: true });
  await rm(others, { recursive: true });
  const most = requests.toSorted((a, b) => b.length - a.length)[0] ?? [];
  const repositories = new Set(images.map(({ repository }) => repository));
  return [
    atLeast({ what, against: "skopeo sync" }, [first.ours, first.sync], 12),
    atLeast({ what, against: "skopeo copy, tag by tag" }, [first.ours, first.copy], 8),
    atLeast({ what: `${what}, again`, against: "skopeo copy again" }, [again.ours, again.copy], 15),
    compare(
      {
        what: `${what}, again: requests`,
        against: "one list each repository, one HEAD each tag",
        note: countRequests(most),
      },
      most.length,
      repositories.size + images.length,
      "count",
      1,
    ),
  ];
}

/** What `work` leaves in the directory is gone at the end. */
async function inDirectory(scene: Scene, work: (directory: string) => Promise<Run>): Promise<Run> {
  const directory = await clearDirectory(scene.bench, "export");
  const run = await work(directory);
  await rm(directory, { recursive: true });
  return run;
}
