import { createHash } from "node:crypto";
import { z } from "zod";

const Descriptor = z.object({ digest: z.string() });
const Manifest = z.object({
  config: Descriptor.optional(),
  layers: z.array(Descriptor).optional(),
  manifests: z.array(Descriptor).optional(),
});

/** Manifests in the order in which they are read, root first, and the digests of what they name. */
export type Tree = readonly string[];

/**
 * Reads a manifest and all below it from a registry without any of this project's code, and hashes it.
 *
 * @throws if something is not there, or is not what its name says
 */
export async function readTree(host: string, repository: string, reference: string): Promise<Tree> {
  const base = `http://${host}/v2/${repository}`;
  const content = await read(`${base}/manifests/${reference}`);
  const { config, layers = [], manifests = [] } = Manifest.parse(JSON.parse(content.toString()));
  const digests = [digestOf(content)];
  for (const { digest } of manifests) {
    const below = await readTree(host, repository, digest);
    if (below[0] !== digest) throw new Error(`${base}/manifests/${digest} is ${below[0]}`);
    digests.push(...below);
  }
  for (const { digest } of [...(config === undefined ? [] : [config]), ...layers]) {
    const actual = digestOf(await read(`${base}/blobs/${digest}`));
    if (actual !== digest) throw new Error(`${base}/blobs/${digest} is ${actual}`);
    digests.push(digest);
  }
  return digests;
}

async function read(url: string): Promise<Buffer> {
  const response = await fetch(url, { headers: { accept: ACCEPT } });
  if (!response.ok) throw new Error(`${url} answers with ${response.status}`);
  return Buffer.from(await response.arrayBuffer());
}

const ACCEPT = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
  "application/vnd.docker.distribution.manifest.v2+json",
].join(", ");

function digestOf(content: Buffer): string {
  return `sha256:${createHash("sha256").update(content).digest("hex")}`;
}
