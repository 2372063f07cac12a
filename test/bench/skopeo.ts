import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { peerFile } from "../peers/peers.ts";
import type { FleetImage } from "./fleet.ts";
import { type Measured, measure, type Run } from "./measure.ts";

/** `skopeo copy --all` of each image into one OCI layout, `layout` of this directory. */
export async function copyToLayout(
  directory: string,
  host: string,
  images: readonly FleetImage[],
): Promise<Measured> {
  const copies = images.map(
    (image) => `--src-tls-verify=false docker://${host}/${image.repository}:${image.tag} ${inLayout(image)}`,
  );
  return await copyEach(directory, copies);
}

/** `skopeo copy --all` of each image from the layout that {@link copyToLayout} wrote. */
export async function copyFromLayout(
  directory: string,
  host: string,
  images: readonly FleetImage[],
): Promise<Measured> {
  const copies = images.map(
    (image) => `--dest-tls-verify=false ${inLayout(image)} docker://${host}/${image.repository}:${image.tag}`,
  );
  return await copyEach(directory, copies);
}

/**
 * `skopeo sync --all` to a directory. It keeps the layers of each image apart, 40 GiB of the whole fleet: so it runs for
 * one repository after the other, and what it wrote is removed between, which does not count.
 */
export async function syncToDirectory(
  directory: string,
  host: string,
  images: readonly FleetImage[],
): Promise<Run> {
  const tags = Map.groupBy(images, ({ repository }) => repository);
  const runs: Run[] = [];
  for (const [repository, group] of tags) {
    const list = { [host]: { "tls-verify": false, images: { [repository]: group.map(({ tag }) => tag) } } };
    // JSON is YAML.
    await writeFile(join(directory, "sync.yaml"), JSON.stringify(list));
    const output = join(directory, "synced");
    await mkdir(output);
    const command = ["sync", "--all", "--src", "yaml", "--dest", "dir", "sync.yaml", output];
    runs.push(await measure([peerFile("skopeo"), ...command], { cwd: directory }));
    await rm(output, { recursive: true });
  }
  return {
    seconds: runs.reduce((sum, { seconds }) => sum + seconds, 0),
    written: runs.reduce((sum, { written }) => sum + written, 0),
    peakMemory: Math.max(...runs.map(({ peakMemory }) => peakMemory)),
  };
}

function inLayout({ repository, tag }: FleetImage): string {
  return `oci:layout:${repository.replaceAll("/", "-")}-${tag}`;
}

async function copyEach(cwd: string, copies: readonly string[]): Promise<Measured> {
  const lines = copies.map((copy) => `"$1" copy --quiet --all ${copy}`);
  await writeFile(join(cwd, "copy.sh"), ["set -e", ...lines].join("\n"));
  return await measure(["bash", "-c", `. "$0"`, join(cwd, "copy.sh"), peerFile("skopeo")], { cwd });
}
