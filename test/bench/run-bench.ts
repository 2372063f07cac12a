import { rm } from "node:fs/promises";
import { hasPeer, type PeerName } from "../peers/peers.ts";
import { measureExport } from "./export-rows.ts";
import { describeFleet, describeLargeImage, type FleetShape } from "./fleet.ts";
import { measureImport } from "./import-rows.ts";
import { type Link, type LinkName, openLink } from "./link.ts";
import { compareMemory, measureGrowth } from "./memory-rows.ts";
import { measurePlan } from "./plan-rows.ts";
import { notMeasured, type Row } from "./row.ts";
import { type Bench, fillStock, openScene, type Scene, type Stock } from "./scene.ts";
import type { Size } from "./sizes.ts";
import { measureStart } from "./start-rows.ts";

/** The parts of the table. */
export const GROUPS = ["start", "plan", "export", "import", "big"] as const;
export type Group = (typeof GROUPS)[number];

/** What is measured. */
export interface BenchOptions extends Bench {
  readonly groups: ReadonlySet<Group>;
  readonly links: readonly LinkName[];
  readonly size: Size;
}

const PEERS: readonly PeerName[] = ["docker-registry", "skopeo", "curl"];

const WIRE_BARS: Readonly<Record<LinkName, number>> = { loopback: 1.5, "1gbit": 1.1 };

/** Measures what was asked for, one after the other. */
export async function runBench(options: BenchOptions): Promise<readonly Row[]> {
  const { groups, size } = options;
  const rows: Row[] = [];
  if (groups.has("start")) rows.push(...(await measureStart(options, size.startRuns)));
  if (groups.has("plan")) rows.push(...(await measurePlan(options, size.planTags)));
  const absent = PEERS.filter((name) => !hasPeer(name));
  if (absent.length > 0) {
    const heading = { what: "export, import", against: PEERS.join(", ") };
    return [...rows, notMeasured(heading, `no ${absent.join(", no ")}`)];
  }
  if (groups.has("export") || groups.has("import")) rows.push(...(await measureFleet(options)));
  if (groups.has("big")) rows.push(...(await measureLargeLayer(options)));
  return rows.some(({ peakMemory }) => peakMemory !== null) ? [...rows, compareMemory(rows)] : rows;
}

async function measureFleet(options: BenchOptions): Promise<readonly Row[]> {
  const { repositories, scale } = options.size;
  const rows = await withStock(options, describeFleet(repositories, scale), async (stock) => {
    const measured: Row[] = [];
    for (const name of options.links)
      measured.push(
        ...(await overLink(options, stock, name, async (scene) => await measureScene(options, scene))),
      );
    return measured;
  });
  if (!options.links.includes("loopback")) return rows;
  const growth = await withStock(
    options,
    describeFleet(repositories, scale / 10),
    async (stock) =>
      await overLink(options, stock, "loopback", async (scene) => await measureGrowth(scene, rows)),
  );
  return [...rows, ...growth];
}

async function measureScene(options: BenchOptions, scene: Scene): Promise<readonly Row[]> {
  const { groups, skopeoRuns } = options;
  const { name } = scene.link;
  const wire = { bar: WIRE_BARS[name], skopeoRuns: name === "loopback" ? skopeoRuns : 0 };
  const about = `${scene.images.length} tags, ${name}`;
  const rows: Row[] = [];
  if (groups.has("export")) rows.push(...(await measureExport(scene, `export, ${about}`, wire)));
  if (groups.has("import")) rows.push(...(await measureImport(scene, `import, ${about}`, wire)));
  return rows;
}

async function measureLargeLayer(options: BenchOptions): Promise<readonly Row[]> {
  const { largeLayerSize } = options.size;
  const wire = { bar: WIRE_BARS.loopback, skopeoRuns: 0 };
  const about = `one layer of ${largeLayerSize / 2 ** 20} MiB, loopback`;
  return await withStock(
    options,
    describeLargeImage(largeLayerSize),
    async (stock) =>
      await overLink(options, stock, "loopback", async (scene) => [
        ...(await measureExport(scene, `export, ${about}`, wire)),
        ...(await measureImport(scene, `import, ${about}`, wire)),
      ]),
  );
}

/** The stock is gone at the end: the next one needs its room. */
async function withStock(
  bench: Bench,
  shape: FleetShape,
  work: (stock: Stock) => Promise<readonly Row[]>,
): Promise<readonly Row[]> {
  const stock = await fillStock(bench, "source", shape);
  try {
    return await work(stock);
  } finally {
    await rm(stock.storage, { recursive: true });
  }
}

async function overLink(
  bench: Bench,
  stock: Stock,
  name: LinkName,
  work: (scene: Scene) => Promise<readonly Row[]>,
): Promise<readonly Row[]> {
  let link: Link;
  try {
    link = await openLink(name);
  } catch (error) {
    // No root, no network namespaces or no iproute2: the other rows can still be measured.
    return [notMeasured({ what: `export, import, ${name}`, against: "curl -Z" }, String(error))];
  }
  try {
    const scene = await openScene(bench, stock, link);
    try {
      return await work(scene);
    } finally {
      await scene.source.close();
    }
  } finally {
    await link.close();
  }
}
