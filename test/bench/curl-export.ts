import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { MANIFEST_TYPES } from "@airgap-bundle/core";
import { curlCommand, setting, writeFiles } from "./command-files.ts";
import type { FleetImage } from "./fleet.ts";
import { listBlobs, listManifests } from "./list-content.ts";

/** Script of the export by curl, in the directory that {@link prepareCurlExport} wrote. */
export const CURL_EXPORT = "export.sh";

/**
 * Writes what curl needs to fetch the same as an export: the lists of tags, a HEAD for each tag, the manifests by digest,
 * and the blobs, the largest first. Everything is known beforehand: no answer is read.
 */
export async function prepareCurlExport(
  directory: string,
  host: string,
  images: readonly FleetImage[],
): Promise<void> {
  const url = (repository: string, rest: string): string => `http://${host}/v2/${repository}/${rest}`;
  const repositories = [...new Set(images.map(({ repository }) => repository))];
  const fetch = (address: string, output: string): string =>
    `${setting("url", address)}\n${setting("output", output)}\n`;
  await mkdir(join(directory, "blobs"), { recursive: true });
  await writeFiles(directory, {
    "tags.cfg": repositories.map((one, i) => fetch(url(one, "tags/list"), `tags-${i}`)).join(""),
    "heads.cfg": images
      .map(({ repository, tag }) => fetch(url(repository, `manifests/${tag}`), "/dev/null"))
      .join(""),
    "manifests.cfg": listManifests(images)
      .map(({ repository, digest }) => fetch(url(repository, `manifests/${digest}`), `blobs/${digest}`))
      .join(""),
    "blobs.cfg": listBlobs(images)
      .map(({ repositories: [first = ""], digest }) =>
        fetch(url(first, `blobs/${digest}`), `blobs/${digest}`),
      )
      .join(""),
    "accept.cfg": MANIFEST_TYPES.map((type) => setting("header", `Accept: ${type}`)).join("\n"),
    [CURL_EXPORT]: [
      "set -e",
      curlCommand("tags.cfg"),
      curlCommand("heads.cfg", "-f -I -K accept.cfg"),
      curlCommand("manifests.cfg", "-f -K accept.cfg"),
      curlCommand("blobs.cfg"),
    ].join("\n"),
  });
}
