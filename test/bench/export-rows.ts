import { rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { sizeOf } from "./list-content.ts";
import { atLeast, atMost, compare, type Row } from "./row.ts";
import { runCurlExport, runExport } from "./run-export.ts";
import { runInTurn, type Series } from "./run-in-turn.ts";
import { clearDirectory, countRequests, mostRequests, type Scene } from "./scene.ts";
import { copyToLayout, syncToDirectory } from "./skopeo.ts";
import type { WireOptions } from "./wire-options.ts";

/** Blocks of `stat` have this size, whatever the file system's are. */
const STAT_BLOCK_SIZE = 512;

/** How much above the unique bytes a bundle may lie. */
const SIZE_BAR = 1.01;

/** Export with a new cache against curl, and where skopeo runs too against it, then once more over the result. */
export async function measureExport(
  scene: Scene,
  what: string,
  options: WireOptions,
): Promise<readonly Row[]> {
  const { bench, images, source } = scene;
  const { bar, skopeoRuns } = options;
  const { runs, log } = bench;
  log(`${what}: side by side`);
  const layout = await clearDirectory(bench, "skopeo-export");
  const { ours, curl, sync, copy } = await runInTurn({
    ours: { runs, run: async () => await runExport(scene, await clearDirectory(bench, "export")) },
    curl: {
      runs,
      run: async () => {
        const directory = await clearDirectory(bench, "curl-export");
        const run = await runCurlExport(scene, directory);
        await rm(directory, { recursive: true });
        return run;
      },
    },
    sync: {
      runs: skopeoRuns,
      run: async () =>
        await syncToDirectory(await clearDirectory(bench, "skopeo-export"), source.host, images),
    },
    copy: {
      runs: skopeoRuns,
      run: async () => await copyToLayout(await clearDirectory(bench, "skopeo-export"), source.host, images),
    },
  });
  const directory = join(bench.directory, "export");
  const rows = [
    ...(await compareWithWire(scene, what, { ours, curl, bar, bundle: join(directory, "out.tar") })),
    ...(skopeoRuns === 0
      ? []
      : [
          atLeast({ what, against: "skopeo sync" }, [ours, sync], 12),
          atLeast({ what, against: "skopeo copy, tag by tag" }, [ours, copy], 8),
          ...(await measureAgain(scene, what, { directory, layout, skopeoRuns })),
        ]),
  ];
  await rm(directory, { recursive: true });
  await rm(layout, { recursive: true });
  return rows;
}

interface WireSeries {
  readonly ours: Series;
  readonly curl: Series;
  readonly bar: number;
  /** The file that the last run left. */
  readonly bundle: string;
}

async function compareWithWire(
  { images, link }: Scene,
  what: string,
  { ours, curl, bar, bundle }: WireSeries,
): Promise<readonly Row[]> {
  const unique = sizeOf(images);
  const note = `curl: ${Math.round((unique * 8) / curl.seconds / 1e6)} Mbit/s`;
  const wire = atMost({ what, against: "curl -Z", note }, [ours, curl], bar);
  if (link.name !== "loopback") return [wire];
  const onDisk = (await stat(bundle)).blocks * STAT_BLOCK_SIZE;
  const written = Math.max(...ours.runs.map((run) => run.written));
  const against = "unique bytes";
  const counted = "wchar: journal, cache and requests included";
  return [
    wire,
    compare({ what: `${what}: on disk`, against }, onDisk, unique, "bytes", SIZE_BAR),
    compare({ what: `${what}: written`, against, note: counted }, written, unique, "bytes", SIZE_BAR),
  ];
}

interface AgainOptions {
  /** Where our last run left its bundle and its cache. */
  readonly directory: string;
  /** Where skopeo left its layout. */
  readonly layout: string;
  readonly skopeoRuns: number;
}

async function measureAgain(
  scene: Scene,
  what: string,
  { directory, layout, skopeoRuns }: AgainOptions,
): Promise<readonly Row[]> {
  const { bench, images, source } = scene;
  const requests: (readonly string[])[] = [];
  const { ours, copy } = await runInTurn({
    ours: {
      runs: bench.runs,
      run: async () => {
        await source.takeRequests();
        const run = await runExport(scene, directory);
        requests.push(await source.takeRequests());
        return run;
      },
    },
    copy: { runs: skopeoRuns, run: async () => await copyToLayout(layout, source.host, images) },
  });
  const most = mostRequests(requests);
  const repositories = new Set(images.map(({ repository }) => repository));
  const heading = {
    what: `${what}, again: requests`,
    against: "one list each repository, one HEAD each tag",
    note: countRequests(most),
  };
  return [
    atLeast({ what: `${what}, again`, against: "skopeo copy again" }, [ours, copy], 15),
    compare(heading, most.length, repositories.size + images.length, "count", 1),
  ];
}
