import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { MEDIA_TYPES } from "@airgap-bundle/core";
import { openRegistry } from "@airgap-bundle/registry";
import { type FaultProxy, serveFaults } from "../faults/serve-faults.ts";
import { seededBytes } from "../fleet/seeded-bytes.ts";
import { createRandom } from "../fuzz/random.ts";
import { startDockerRegistry } from "../peers/docker-registry.ts";
import { makeBlob, putManifest } from "../support/images.ts";
import { openSite, type Site } from "../support/site.ts";

const MIB = 1024 * 1024;
const LAYERS = 8;
const POLL_MS = 5;

/** What is exported, and how it is killed. */
export interface KillOptions {
  /** Of all layers together, in MiB. */
  readonly sizeMib: number;
  readonly kills: number;
  /** How many layers are in flight. */
  readonly jobs: number;
  /** Of the link. */
  readonly bytesPerSecond: number;
  readonly seed: number;
}

/** What came of it. Sizes are bytes. */
export interface KillReport {
  readonly kills: number;
  /** Size of all layers. */
  readonly payload: number;
  /** What the registry sent of them, over all runs. */
  readonly sent: number;
  /** Requests for a range. */
  readonly ranges: number;
  /** Is the bundle byte for byte that of an export that nobody has disturbed? */
  readonly isIdentical: boolean;
}

/** Exports, kills it so many times with -9 wherever it is, lets it finish, and compares. Needs docker-registry. */
export async function killExport(options: KillOptions): Promise<KillReport> {
  const { sizeMib, kills, jobs, bytesPerSecond, seed } = options;
  const exportTo = (name: string): readonly string[] => [
    ...["export", "-c", "selection.yaml", "--no-referrers"],
    ...["--jobs", String(jobs), "-o", name],
  ];
  const registry = await startDockerRegistry();
  const site = await openSite();
  const payload = await fillRegistry(registry.host, Math.floor((sizeMib * MIB) / LAYERS));
  const proxy = await serveFaults({ registry: registry.host, bytesPerSecond });
  try {
    await select(site, proxy.host);
    // A bundle names its source: this one comes through the proxy too.
    await finish(site, exportTo("whole.tar"));
    const args = exportTo("out.tar");
    const undisturbed = proxy.requests.length;
    const random = createRandom(seed, 0);
    const shares = Array.from({ length: kills }, () => 1 + random.below(1000));
    const sum = shares.reduce((total, share) => total + share, 0);
    let killed = 0;
    // Behind the last kill something is left to do.
    for (const share of shares)
      if (await killAfter(site, args, proxy, (0.9 * payload * share) / sum)) killed++;
    await finish(site, args);
    const blobs = proxy.requests.slice(undisturbed).filter(({ path }) => path.includes("/blobs/"));
    return {
      kills: killed,
      payload,
      sent: blobs.reduce((total, { sent }) => total + sent, 0),
      ranges: blobs.filter(({ range }) => range !== undefined).length,
      isIdentical: (await hashFile(site.path("out.tar"))) === (await hashFile(site.path("whole.tar"))),
    };
  } finally {
    await site.close();
    await proxy.close();
    await registry.close();
  }
}

/** Gives the size of all layers, in bytes. */
async function fillRegistry(host: string, layerSize: number): Promise<number> {
  const registry = openRegistry(host, { userAgent: "chaos", findCredentials: async () => undefined });
  const config = makeBlob("{}", MEDIA_TYPES.ociConfig);
  const repository = registry.openRepository("team/app");
  try {
    const layers = [];
    for (let nth = 0; nth < LAYERS; nth++) {
      const { descriptor, content } = makeBlob(seededBytes(`layer ${nth}`, layerSize));
      layers.push(descriptor);
      await repository.putBlob(descriptor, async function* () {
        for (let at = 0; at < content.length; at += MIB) yield content.subarray(at, at + MIB);
      });
    }
    const mediaType = MEDIA_TYPES.ociManifest;
    const manifest = { schemaVersion: 2, mediaType, config: config.descriptor, layers };
    const image = {
      ...makeBlob(JSON.stringify(manifest), mediaType),
      blobs: [config],
      children: [],
      entry: {},
    };
    await putManifest(repository, image, "1");
    return layerSize * LAYERS;
  } finally {
    await registry.close();
  }
}

async function select(site: Site, registry: string): Promise<void> {
  await site.select("selection.yaml", { registry, mappings: [{ from: "team/app", tags: ["1"] }] });
}

/** Whether it was killed: it may have come to its end before. */
async function killAfter(
  site: Site,
  args: readonly string[],
  proxy: FaultProxy,
  size: number,
): Promise<boolean> {
  const sum = (): number => proxy.requests.reduce((total, { sent }) => total + sent, 0);
  const begun = sum();
  const { child, finished } = site.start(args);
  while (child.exitCode === null && sum() - begun < size) await sleep(POLL_MS);
  child.kill("SIGKILL");
  return (await finished).exitCode === null;
}

async function finish(site: Site, args: readonly string[]): Promise<void> {
  const { exitCode, stderr } = await site.run(args);
  if (exitCode !== 0) throw new Error(`The export ends with ${exitCode}: ${stderr}`);
}

async function hashFile(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest("hex");
}
