import { join } from "node:path";
import { MANIFEST_TYPES } from "@airgap-bundle/core";
import { CURL_IMPORT, prepareCurlImport } from "./curl-import.ts";
import type { FleetImage } from "./fleet.ts";
import { type Measured, measure } from "./measure.ts";
import type { Scene } from "./scene.ts";

/** Imports `out.tar` of this directory. @throws unless the registry has all images, digest by digest */
export async function runImport(
  { bench, images }: Scene,
  directory: string,
  host: string,
): Promise<Measured> {
  const flags = ["--to", host, "--insecure", host, "--cache-dir", "cache", "--quiet", "--json"];
  const run = await measure([...bench.bundle, "import", "out.tar", ...flags], { cwd: directory });
  await checkTarget(host, images);
  return run;
}

/** Sends the same by curl, from `blobs/` of this directory. @throws unless the registry has all images */
export async function runCurlImport({ images }: Scene, directory: string, host: string): Promise<Measured> {
  await prepareCurlImport(directory, host, { images, content: join(directory, "blobs") });
  const run = await measure(["bash", CURL_IMPORT], { cwd: directory });
  await checkTarget(host, images);
  return run;
}

async function checkTarget(host: string, images: readonly FleetImage[]): Promise<void> {
  for (const { repository, tag, root } of images) {
    const url = `http://${host}/v2/${repository}/manifests/${tag}`;
    const { headers } = await fetch(url, { method: "HEAD", headers: { accept: MANIFEST_TYPES.join(", ") } });
    const digest = headers.get("docker-content-digest");
    if (digest !== root.digest) throw new Error(`${url} is ${digest}, not ${root.digest}`);
  }
}
