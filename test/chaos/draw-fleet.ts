import { type Descriptor, MEDIA_TYPES } from "@airgap-bundle/core";
import { seededBytes } from "../fleet/seeded-bytes.ts";
import type { Random } from "../fuzz/random.ts";
import { type Made, type MadeManifest, makeBlob } from "../support/images.ts";

const KIB = 1024;
const MIB = 1024 * KIB;

const FLAVOURS = {
  oci: {
    index: MEDIA_TYPES.ociIndex,
    manifest: MEDIA_TYPES.ociManifest,
    config: MEDIA_TYPES.ociConfig,
    layer: MEDIA_TYPES.ociLayerGzip,
  },
  docker: {
    index: MEDIA_TYPES.dockerIndex,
    manifest: MEDIA_TYPES.dockerManifest,
    config: MEDIA_TYPES.dockerConfig,
    layer: MEDIA_TYPES.dockerLayerGzip,
  },
} as const;

type Flavour = (typeof FLAVOURS)[keyof typeof FLAVOURS];

/** A tag, and what it stands for; of two versions the second is what it moves to. */
export interface FleetTag {
  readonly repository: string;
  readonly tag: string;
  readonly versions: readonly [MadeManifest, ...MadeManifest[]];
}

/** A few repositories with a few tags, of layers that they share; no two fleets of a registry need the same names. */
export function drawFleet(random: Random, name: string): readonly FleetTag[] {
  const shared = Array.from({ length: 1 + random.below(5) }, (_, nth) =>
    seededBytes(`${name} layer ${nth}`, drawSize(random)),
  );
  const repositories = Array.from({ length: 1 + random.below(3) }, (_, nth) => `${name}/app-${nth}`);
  const tags = repositories.flatMap((repository) =>
    Array.from({ length: 1 + random.below(3) }, (_, nth) => ({ repository, tag: `1.${nth}` })),
  );
  const moving = random.oneIn(3) ? random.below(tags.length) : undefined;
  return tags.map(({ repository, tag }, nth) => {
    const draw = (version: string): MadeManifest =>
      drawRoot(random, `${repository}:${tag} ${version}`, shared);
    return { repository, tag, versions: nth === moving ? [draw("old"), draw("new")] : [draw("only")] };
  });
}

/** Mostly small; the edges of what can be cut, and now and then some MiB. */
function drawSize(random: Random): number {
  if (random.oneIn(4)) return 1 + random.below(3);
  if (random.oneIn(5)) return 1 + random.below(4 * MIB);
  return random.below(random.pick([KIB, 64 * KIB, 256 * KIB])) + 1;
}

function drawRoot(random: Random, name: string, shared: readonly Buffer[]): MadeManifest {
  const flavour = random.pick([FLAVOURS.oci, FLAVOURS.docker]);
  if (!random.oneIn(3)) return drawImage(random, { name, shared, flavour, architecture: "amd64" });
  const children = ["amd64", "arm64"].map((architecture) =>
    drawImage(random, { name: `${name} ${architecture}`, shared, flavour, architecture }),
  );
  const manifests = children.map(({ descriptor, entry }) => ({ ...descriptor, ...entry }));
  const index = { schemaVersion: 2, mediaType: flavour.index, manifests };
  return { ...makeBlob(JSON.stringify(index), flavour.index), blobs: [], children, entry: {} };
}

interface ImageOptions {
  readonly name: string;
  readonly shared: readonly Buffer[];
  readonly flavour: Flavour;
  readonly architecture: string;
}

function drawImage(random: Random, { name, shared, flavour, architecture }: ImageOptions): MadeManifest {
  const own = random.oneIn(2) ? [seededBytes(name, drawSize(random))] : [];
  const layers = [...shared.filter(() => random.oneIn(2)), ...own].map((layer) =>
    makeBlob(layer, flavour.layer),
  );
  const platform = { os: "linux", architecture };
  const config = makeBlob(JSON.stringify({ ...platform, name }), flavour.config);
  const manifest = {
    ...{ schemaVersion: 2, mediaType: flavour.manifest },
    config: config.descriptor,
    layers: layers.map(({ descriptor }): Descriptor => descriptor),
  };
  const blobs: readonly Made[] = [config, ...layers];
  return {
    ...makeBlob(JSON.stringify(manifest), flavour.manifest),
    blobs,
    children: [],
    entry: { platform },
  };
}
