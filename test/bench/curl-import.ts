import { join } from "node:path";
import { MANIFEST_TYPES } from "@airgap-bundle/core";
import { curlCommand, joinTransfers, setting, type Transfer, writeFiles } from "./command-files.ts";
import type { FleetImage, FleetManifest } from "./fleet.ts";
import { listBlobs } from "./list-content.ts";

/** Script of the import by curl, in the directory that {@link prepareCurlImport} wrote. */
export const CURL_IMPORT = "import.sh";

/** Gives each blob a session of its repository: from a line for each session and a line for each blob. */
const MATCH_SESSIONS = `awk '
NR == FNR {
  match($0, /\\/v2\\/.*\\/blobs\\/uploads\\//)
  repository = substr($0, RSTART + 4, RLENGTH - 19)
  session[repository, ++opened[repository]] = $0
  next
}
{
  print "url = \\"" session[$1, ++used[$1]] "&digest=" $2 "\\""
  print "upload-file = \\"" $3 "\\""
  print "output = \\"/dev/null\\""
}' sessions uploads >puts.cfg`;

/**
 * Writes what curl needs to send the same as an import: a HEAD for each tag, HEAD, POST and PUT for each blob in the first
 * repository that needs it, mounts for the others, and the manifests, those with tags at the end. `content` is a
 * directory of files named by their digest.
 */
export async function prepareCurlImport(
  directory: string,
  host: string,
  { images, content }: { readonly images: readonly FleetImage[]; readonly content: string },
): Promise<void> {
  const blobs = listBlobs(images);
  const first = blobs.map(({ repositories: [repository = ""], digest }) => ({ repository, digest }));
  const url = (repository: string, rest: string): string => `http://${host}/v2/${repository}/${rest}`;
  const ask = (address: string): string => `${setting("url", address)}\n${setting("output", "/dev/null")}\n`;
  const put = (repository: string, reference: string, manifest: FleetManifest): Transfer => [
    setting("url", url(repository, `manifests/${reference}`)),
    setting("upload-file", join(content, manifest.digest)),
    setting("header", `Content-Type: ${manifest.mediaType}`),
    setting("output", "/dev/null"),
    "fail",
  ];
  await writeFiles(directory, {
    "accept.cfg": MANIFEST_TYPES.map((type) => setting("header", `Accept: ${type}`)).join("\n"),
    "heads.cfg": images.map(({ repository, tag }) => ask(url(repository, `manifests/${tag}`))).join(""),
    "blob-heads.cfg": first.map(({ repository, digest }) => ask(url(repository, `blobs/${digest}`))).join(""),
    "posts.cfg": first.map(({ repository }) => ask(url(repository, "blobs/uploads/"))).join(""),
    uploads: first
      .map(({ repository, digest }) => `${repository} ${digest} ${join(content, digest)}\n`)
      .join(""),
    "mounts.cfg": blobs
      .flatMap(({ repositories: [from = "", ...others], digest }) =>
        others.map((repository) => ask(url(repository, `blobs/uploads/?mount=${digest}&from=${from}`))),
      )
      .join(""),
    "children.cfg": joinTransfers(
      images.flatMap(({ repository, children }) =>
        children.map((child) => put(repository, child.digest, child)),
      ),
    ),
    "roots.cfg": joinTransfers(images.map(({ repository, tag, root }) => put(repository, tag, root))),
    // Where nothing is mounted or no image has children, there is nothing to run.
    [CURL_IMPORT]: [
      "set -e",
      curlCommand("heads.cfg", "-I -K accept.cfg"),
      curlCommand("blob-heads.cfg", "-I"),
      `${curlCommand("posts.cfg", "-f -d '' -w '%header{location}\\n'")} >sessions`,
      MATCH_SESSIONS,
      curlCommand("puts.cfg", "-f -H 'Content-Type: application/octet-stream' -H Expect:"),
      `test ! -s mounts.cfg || ${curlCommand("mounts.cfg", "-f -d ''")}`,
      `test ! -s children.cfg || ${curlCommand("children.cfg")}`,
      curlCommand("roots.cfg"),
    ].join("\n"),
  });
}
