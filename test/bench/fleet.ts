import { createHash } from "node:crypto";
import type { Descriptor } from "@airgap-bundle/core";
import { MEDIA_TYPES } from "@airgap-bundle/core";
import { streamLayer } from "./layer-stream.ts";
import { mountBlob, pushBlob, pushManifest } from "./push-over-http.ts";

const MIB = 1024 * 1024;

/** What a fleet is made of; sizes of layers are bytes. */
export interface FleetShape {
  readonly repositories: readonly string[];
  readonly tags: readonly string[];
  /** The layers of an image, the largest first. */
  readonly layersOf: (
    repository: number,
    tag: string,
  ) => readonly { readonly seed: string; readonly size: number }[];
  readonly isMultiPlatform: (repository: number, tag: number) => boolean;
}

/** A manifest with its bytes. */
export interface FleetManifest extends Descriptor {
  readonly content: string;
}

/** One tag of the fleet, and all that it is made of. */
export interface FleetImage {
  readonly repository: string;
  readonly tag: string;
  readonly root: FleetManifest;
  readonly children: readonly FleetManifest[];
  /** Configs and layers, each once. */
  readonly blobs: readonly Descriptor[];
}

/** The tags that are selected, as a regular expression of a selection. */
export const SELECTED_TAGS = "1\\.11\\..*";

const TAGS: readonly string[] = ["1.11.0", "1.11.1", "1.11.2", "1.11.3", "1.10.0", "1.10.1", "2.0.0", "dev"];
const PLATFORMS = ["amd64", "arm64"] as const;

const TYPES = {
  docker: [
    MEDIA_TYPES.dockerManifest,
    MEDIA_TYPES.dockerConfig,
    MEDIA_TYPES.dockerLayerGzip,
    MEDIA_TYPES.dockerIndex,
  ],
  oci: [MEDIA_TYPES.ociManifest, MEDIA_TYPES.ociConfig, MEDIA_TYPES.ociLayerGzip, MEDIA_TYPES.ociIndex],
} as const;

/**
 * The fleet of the table: 200 MiB that all share, 100 MiB that a third of the repositories share, 24 MiB of a repository,
 * 2 MiB of a tag; a third of the images for two platforms. `scale` is a part of these sizes.
 */
export function describeFleet(repositories: number, scale: number): FleetShape {
  const size = (mebibytes: number): number => Math.ceil(mebibytes * MIB * scale);
  return {
    repositories: Array.from(
      { length: repositories },
      (_, i) => `fleet/service-${String(i).padStart(2, "0")}`,
    ),
    tags: TAGS,
    isMultiPlatform: (repository, tag) => (repository + tag) % 3 === 0,
    layersOf: (repository, tag) => [
      { seed: "base", size: size(200) },
      { seed: `runtime ${repository % 3}`, size: size(100) },
      { seed: `service ${repository}`, size: size(24) },
      { seed: `service ${repository}:${tag}`, size: size(2) },
    ],
  };
}

/** One image with one layer of this size in bytes. */
export function describeLargeImage(size: number): FleetShape {
  return {
    repositories: ["large/image"],
    tags: TAGS.slice(0, 1),
    isMultiPlatform: () => false,
    layersOf: () => [{ seed: "large", size }],
  };
}

/** Fills a registry. Resolves to the images that {@link SELECTED_TAGS} selects. */
export async function fillFleet(host: string, shape: FleetShape): Promise<readonly FleetImage[]> {
  const images: FleetImage[] = [];
  const layers = createLayerPusher(host);
  for (const [number, repository] of shape.repositories.entries()) {
    for (const [position, tag] of shape.tags.entries()) {
      const platforms = shape.isMultiPlatform(number, position) ? PLATFORMS : PLATFORMS.slice(0, 1);
      const work = {
        url: `http://${host}/v2/${repository}`,
        repository,
        tag,
        isDocker: number % 2 === 0,
        layers,
      };
      images.push(await pushImage(work, platforms, shape.layersOf(number, tag)));
    }
  }
  const isSelected = new RegExp(`^${SELECTED_TAGS}$`);
  return images.filter(({ tag }) => isSelected.test(tag));
}

interface PushedLayer extends Descriptor {
  readonly diffId: string;
}

type PushLayer = (
  repository: string,
  layer: { readonly seed: string; readonly size: number; readonly mediaType: string },
) => Promise<PushedLayer>;

interface ImageWork {
  readonly url: string;
  readonly repository: string;
  readonly tag: string;
  readonly isDocker: boolean;
  readonly layers: PushLayer;
}

/** Sends each layer once and mounts it into the other repositories. */
function createLayerPusher(host: string): PushLayer {
  const known = new Map<string, { readonly layer: PushedLayer; readonly repositories: Set<string> }>();
  return async (repository, { seed, size, mediaType }) => {
    const url = `http://${host}/v2/${repository}`;
    const found = known.get(seed);
    if (found === undefined) {
      const { content, diffId } = streamLayer(seed, size);
      const layer = { ...(await pushBlob(url, mediaType, content)), diffId: diffId() };
      known.set(seed, { layer, repositories: new Set([repository]) });
      return layer;
    }
    const [first = ""] = found.repositories;
    if (!found.repositories.has(repository)) await mountBlob(url, found.layer.digest, first);
    found.repositories.add(repository);
    return { ...found.layer, mediaType };
  };
}

async function pushImage(
  work: ImageWork,
  platforms: readonly string[],
  layers: readonly { readonly seed: string; readonly size: number }[],
): Promise<FleetImage> {
  const { url, repository, tag, isDocker } = work;
  const [, , , indexType] = TYPES[isDocker ? "docker" : "oci"];
  const made = [];
  for (const architecture of platforms) made.push(await makePlatform(work, architecture, layers));
  const manifests = made.map(({ manifest }) => manifest);
  const blobs = [...new Map(made.flatMap((one) => one.blobs).map((blob) => [blob.digest, blob])).values()];
  const [single] = manifests;
  if (single === undefined) throw new RangeError("An image needs a platform");
  if (manifests.length === 1) {
    await pushManifest(url, tag, single);
    return { repository, tag, root: single, children: [], blobs };
  }
  const entries = manifests.map(({ mediaType, digest, size }, i) => ({
    mediaType,
    digest,
    size,
    platform: { os: "linux", architecture: platforms[i] },
  }));
  const root = describeManifest({ schemaVersion: 2, mediaType: indexType, manifests: entries });
  for (const manifest of manifests) await pushManifest(url, manifest.digest, manifest);
  await pushManifest(url, tag, root);
  return { repository, tag, root, children: manifests, blobs };
}

async function makePlatform(
  { url, repository, tag, isDocker, layers: pushLayer }: ImageWork,
  architecture: string,
  layers: readonly { readonly seed: string; readonly size: number }[],
): Promise<{ readonly manifest: FleetManifest; readonly blobs: readonly Descriptor[] }> {
  const [mediaType, configType, layerType] = TYPES[isDocker ? "docker" : "oci"];
  const pushed: PushedLayer[] = [];
  for (const { seed, size } of layers)
    pushed.push(await pushLayer(repository, { seed: `${seed} ${architecture}`, size, mediaType: layerType }));
  const content = JSON.stringify({
    os: "linux",
    architecture,
    config: { Labels: { version: `${repository}:${tag}` } },
    rootfs: { type: "layers", diff_ids: pushed.map(({ diffId }) => diffId) },
  });
  const config = await pushBlob(url, configType, chunksOf(content));
  const named = pushed.map(({ digest, size }) => ({ mediaType: layerType, digest, size }));
  const manifest = describeManifest({ schemaVersion: 2, mediaType, config, layers: named });
  return { manifest, blobs: [config, ...named] };
}

function describeManifest(
  document: Readonly<Record<string, unknown>> & { readonly mediaType: string },
): FleetManifest {
  const content = JSON.stringify(document, null, 2);
  const digest = `sha256:${createHash("sha256").update(content).digest("hex")}`;
  return { mediaType: document.mediaType, digest, size: Buffer.byteLength(content), content };
}

async function* chunksOf(content: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(content);
}
