import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { MEDIA_TYPES } from "@airgap-bundle/core";
import { writeBundle } from "../support/bundles.ts";
import {
  type Made,
  type MadeManifest,
  makeAttestation,
  makeBlob,
  makeImage,
  makeIndex,
} from "../support/images.ts";
import { readTar } from "../support/tar.ts";

/** A sound bundle and its files, in order. */
export interface OriginalBundle {
  readonly content: Buffer;
  readonly files: ReadonlyMap<string, Buffer>;
}

/** Writes a bundle that has some of everything: both families of media types, an index, a sha512 blob, an artifact. */
export async function writeOriginalBundle(directory: string): Promise<OriginalBundle> {
  const path = join(directory, "original.tar");
  const redis = makeImage(["a layer that two images have", "redis"]);
  const arm = makeImage(["redis for arm"], "linux/arm64");
  const index = makeIndex([redis, arm, makeAttestation(redis)], { annotations: { note: "an index" } });
  const nginx = makeDockerImage([
    makeBlob("a layer that two images have"),
    makeSha512Blob("nginx".repeat(150)),
  ]);
  const artifact = makeImage(["signature"], "linux/amd64", {
    artifactType: "application/vnd.example.signature",
    subject: nginx.descriptor,
  });
  await writeBundle(path, [
    ["docker.io/library/redis:7", index],
    ["quay.io/team/nginx:1.27", nginx],
    ["quay.io/team/nginx:copy", nginx],
    ["quay.io/team/signature:1", artifact],
    [`ghcr.io/team/app@${arm.descriptor.digest}`, arm],
  ]);
  const content = await readFile(path);
  const files = new Map((await readTar(content)).map((file) => [file.name, file.content]));
  return { content, files };
}

function makeDockerImage(layers: readonly Made[]): MadeManifest {
  const mediaType = MEDIA_TYPES.dockerManifest;
  const config = makeBlob(JSON.stringify({ os: "linux", architecture: "amd64" }), MEDIA_TYPES.dockerConfig);
  const manifest = {
    schemaVersion: 2,
    mediaType,
    config: config.descriptor,
    layers: layers.map(({ descriptor }) => ({ ...descriptor, mediaType: MEDIA_TYPES.dockerLayerGzip })),
  };
  return {
    ...makeBlob(JSON.stringify(manifest, undefined, 3), mediaType),
    blobs: [config, ...layers],
    children: [],
    entry: {},
  };
}

function makeSha512Blob(text: string): Made {
  const { descriptor, content } = makeBlob(text);
  return {
    descriptor: { ...descriptor, digest: `sha512:${createHash("sha512").update(content).digest("hex")}` },
    content,
  };
}
