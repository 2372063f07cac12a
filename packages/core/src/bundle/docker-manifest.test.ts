import { expect, test } from "vitest";
import { graphOf, makeImage, makeIndex } from "../../../../test/support/images.ts";
import { formatDockerManifest } from "./docker-manifest.ts";
import { blobPath } from "./layout.ts";

const REDIS = makeImage(["base", "redis"]);
const INDEX = makeIndex([REDIS]);
const ARTIFACT = makeImage(["chart"], "linux/amd64", {
  config: { ...REDIS.blobs[0]?.descriptor, mediaType: "application/vnd.cncf.helm.config.v1+json" },
});
const GRAPH = graphOf([REDIS, INDEX, ARTIFACT]);

test("formatDockerManifest() lists single images as docker save does", () => {
  const roots = [
    { name: "docker.io/library/redis:7", isTagged: true, descriptor: REDIS.descriptor },
    {
      name: `docker.io/library/redis@${REDIS.descriptor.digest}`,
      isTagged: false,
      descriptor: REDIS.descriptor,
    },
    { name: "docker.io/library/redis:index", isTagged: true, descriptor: INDEX.descriptor },
    { name: "docker.io/library/chart:1", isTagged: true, descriptor: ARTIFACT.descriptor },
  ];

  const [config, ...layers] = REDIS.blobs.map(({ descriptor }) => blobPath(descriptor.digest));
  expect(JSON.parse(formatDockerManifest(roots, GRAPH) ?? "")).toEqual([
    { Config: config, RepoTags: ["docker.io/library/redis:7"], Layers: layers },
    { Config: config, RepoTags: [], Layers: layers },
  ]);
});

test("formatDockerManifest() is undefined where no root is a single image", () => {
  const roots = [INDEX, ARTIFACT].map(({ descriptor }) => ({ name: "r.io/a:1", isTagged: true, descriptor }));

  expect(formatDockerManifest(roots, GRAPH)).toBeUndefined();
});
