import { readdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { formatSelection } from "../support/selection.ts";
import { CURL_EXPORT, prepareCurlExport } from "./curl-export.ts";
import { SELECTED_TAGS } from "./fleet.ts";
import { listBlobs, listManifests, sizeOf } from "./list-content.ts";
import { type Measured, measure } from "./measure.ts";
import type { Scene } from "./scene.ts";

const ExportResult = z.object({
  images: z.int(),
  blobs: z.object({ count: z.int() }),
  failed: z.array(z.unknown()).length(0),
});

/** Exports all images to `out.tar` in this directory, where its cache lies, too. @throws unless they are all in it */
export async function runExport({ bench, images, source }: Scene, directory: string): Promise<Measured> {
  const repositories = new Set(images.map(({ repository }) => repository));
  const mappings = [...repositories].map((from) => ({ from, to: from, tags: [`regex: ${SELECTED_TAGS}`] }));
  await writeFile(join(directory, "selection.yaml"), formatSelection({ registry: source.host, mappings }));
  const flags = ["--platform", "all", "--insecure", source.host, "--cache-dir", "cache", "--quiet", "--json"];
  const command = [...bench.bundle, "export", "-c", "selection.yaml", "-o", "out.tar", ...flags];
  const run = await measure(command, { cwd: directory });
  const result = ExportResult.parse(JSON.parse(run.stdout));
  const expected = listBlobs(images).length + listManifests(images).length;
  if (result.images !== images.length || result.blobs.count !== expected)
    throw new Error(`The bundle has other content than the fleet: ${run.stdout.slice(0, 1000)}`);
  return run;
}

/** Fetches the same by curl to `blobs/` of this directory. @throws unless all bytes are there */
export async function runCurlExport({ images, source }: Scene, directory: string): Promise<Measured> {
  await prepareCurlExport(directory, source.host, images);
  const run = await measure(["bash", CURL_EXPORT], { cwd: directory });
  const blobs = join(directory, "blobs");
  const names = await readdir(blobs);
  const sizes = await Promise.all(names.map(async (name) => (await stat(join(blobs, name))).size));
  const size = sizes.reduce((sum, one) => sum + one, 0);
  if (size !== sizeOf(images)) throw new Error(`curl fetched ${size} bytes of ${sizeOf(images)}`);
  return run;
}
