import { describe, expect, test } from "vitest";
import {
  graphOf,
  type MadeManifest,
  makeBlob,
  makeImage,
  makeIndex,
  planOf,
} from "../../../../test/support/images.ts";
import { attachAll, makeReferrer, makeSignature, signatureTag } from "../../../../test/support/signatures.ts";
import { digestOf } from "../hash.ts";
import { MEDIA_TYPES } from "../media-types.ts";
import type { PlannedImage } from "../plan/plan.ts";
import { type ComposedBundle, composeBundle } from "./compose-bundle.ts";

const HEADING = { createdBy: "test" };
const REDIS = makeImage(["base", "redis"]);
const NGINX = makeImage(["base", "nginx"]);
const REDIS_INDEX = makeIndex([REDIS, makeImage(["redis for arm"], "linux/arm64")]);

function compose(
  images: readonly (readonly [reference: string, root: MadeManifest])[],
  change: (image: PlannedImage) => PlannedImage = (image) => image,
): ComposedBundle {
  const plan = planOf(images);
  return composeBundle(plan.images.map(change), plan.manifests, HEADING);
}

/** Names and digests in `index.json`. */
function readIndex({ files }: ComposedBundle): readonly (readonly [name: unknown, digest: unknown])[] {
  const content = files.find(({ name }) => name === "index.json")?.content ?? "";
  const { manifests } = JSON.parse(content) as {
    manifests: { digest: string; annotations: Record<string, string> }[];
  };
  return manifests.map(({ digest, annotations }) => {
    expect(annotations["io.containerd.image.name"]).toBe(annotations["org.opencontainers.image.ref.name"]);
    return [annotations["org.opencontainers.image.ref.name"], digest];
  });
}

describe("composeBundle()", () => {
  test("gives the same bytes for the same images, in whatever order they come", () => {
    const one = compose([
      ["redis:7", REDIS],
      ["nginx:1", NGINX],
    ]);
    const other = compose([
      ["nginx:1", NGINX],
      ["redis:7", REDIS],
    ]);

    expect(other).toEqual(one);
    expect(one.id).toBe(digestOf(one.files[2]?.content ?? ""));
    expect(JSON.parse(one.files[2]?.content ?? "")).toEqual(one.document);
  });

  test("changes its id with anything that it says", () => {
    const { images, manifests } = planOf([["redis:7", REDIS]]);
    const headings = [
      HEADING,
      { createdBy: "other" },
      { ...HEADING, label: "w1" },
      { ...HEADING, created: "2026" },
    ];

    const ids = headings.map((heading) => composeBundle(images, manifests, heading).id);

    expect(new Set(ids).size).toBe(headings.length);
  });

  test("has no clock and no key that was not asked for", () => {
    const { document } = compose([["redis:7", REDIS_INDEX]]);

    expect(Object.keys(document)).toEqual([
      "formatVersion",
      "requires",
      "createdBy",
      "index",
      "images",
      "blobs",
      "volumes",
    ]);
  });

  test("lists metadata, then layers, each once and in the order of first use", () => {
    const { document, metadata, layers, size } = compose([
      ["nginx:1", NGINX],
      ["redis:7", REDIS_INDEX],
    ]);

    const digests = document.blobs.map(({ digest, volume }) => `${volume} ${digest}`);
    const arm = REDIS_INDEX.children[1];
    const inOrder = [
      [0, NGINX],
      [0, NGINX.blobs[0]],
      [0, REDIS_INDEX],
      [0, REDIS],
      [0, REDIS.blobs[0]],
      [0, arm],
      [0, arm?.blobs[0]],
      [1, NGINX.blobs[1]],
      [1, NGINX.blobs[2]],
      [1, REDIS.blobs[2]],
      [1, arm?.blobs[1]],
    ] as const;
    expect(digests).toEqual(inOrder.map(([volume, made]) => `${volume} ${made?.descriptor.digest}`));
    expect([...metadata, ...layers].map(({ descriptor }) => descriptor.digest)).toEqual(
      document.blobs.map(({ digest }) => digest),
    );
    expect(document.volumes).toEqual([{ number: 1, size: "basenginxredisredis for arm".length }]);
    expect(size).toBe((layers.at(-1)?.end ?? 0) + 1024);
  });

  test("lists what referrers are made of behind their image, and does not name them in index.json", () => {
    const signature = makeSignature(REDIS.descriptor);
    const sbom = makeReferrer(REDIS.descriptor, "sbom");
    const tag = signatureTag(REDIS.descriptor);
    const { images, manifests } = attachAll(planOf([["redis:7", REDIS]]), [
      { subject: REDIS.descriptor, made: signature, tag },
      { subject: REDIS.descriptor, made: sbom },
    ]);

    const bundle = composeBundle(images, manifests, HEADING);

    expect(bundle.document.images[0]?.referrers).toEqual([
      { subject: REDIS.descriptor.digest, descriptor: signature.descriptor, tag },
      { subject: REDIS.descriptor.digest, descriptor: sbom.descriptor },
    ]);
    expect(bundle.document.blobs.map(({ digest }) => digest)).toEqual(
      [
        REDIS,
        REDIS.blobs[0],
        signature,
        signature.blobs[0],
        sbom,
        sbom.blobs[0],
        REDIS.blobs[1],
        REDIS.blobs[2],
        signature.blobs[1],
        sbom.blobs[1],
      ].map((made) => made?.descriptor.digest),
    );
    expect(readIndex(bundle)).toHaveLength(1);
  });

  test.each([
    ["found", undefined],
    ["none", undefined],
    ["unknown", true],
    ["off", true],
  ] as const)(
    "says that there may be more referrers where the plan's %s means that",
    (referrerStatus, expected) => {
      const { document } = compose([["redis:7", REDIS]], (image) => ({ ...image, referrerStatus }));

      expect(document.images[0]?.referrersUnknown).toBe(expected);
    },
  );

  test("tells where an image comes from and goes to, sorted by target", () => {
    const { document } = compose([
      ["r.io/z:1", REDIS],
      ["r.io/a:1", NGINX],
    ]);

    expect(document.images.map(({ source, target }) => [source, target.repository])).toEqual([
      ["r.io/a:1", "a"],
      ["r.io/z:1", "z"],
    ]);
    expect(document.images[1]).toMatchObject({
      target: { registry: "registry.internal", tag: "1" },
      descriptor: REDIS.descriptor,
      resolved: REDIS.descriptor.digest,
      referrers: [],
    });
  });

  test("names the first root of a reference by its tag, further ones by digest", () => {
    const bundle = compose(
      [
        ["redis:7", REDIS_INDEX],
        ["redis:7", REDIS],
        ["redis:8", REDIS],
      ],
      (image) => ({ ...image, target: { ...image.target, repository: image.descriptor.digest.slice(7) } }),
    );

    expect(readIndex(bundle)).toEqual([
      ["docker.io/library/redis:7", REDIS_INDEX.descriptor.digest],
      ["docker.io/library/redis:8", REDIS.descriptor.digest],
      [`docker.io/library/redis@${REDIS.descriptor.digest}`, REDIS.descriptor.digest],
    ]);
  });

  test("names what was selected by digest by its digest, also if it has a tag", () => {
    const { digest } = REDIS.descriptor;

    const bundle = compose([
      [`redis@${digest}`, REDIS],
      [`nginx:1@${NGINX.descriptor.digest}`, NGINX],
    ]);

    expect(readIndex(bundle).map(([name]) => name)).toEqual([
      `docker.io/library/nginx@${NGINX.descriptor.digest}`,
      `docker.io/library/redis@${digest}`,
    ]);
  });

  test("has one entry for one source with several targets", () => {
    let number = 0;
    const bundle = compose(
      [
        ["redis:7", REDIS],
        ["redis:7", REDIS],
        ["redis:7", REDIS],
      ],
      (image) => {
        number += 1;
        return { ...image, target: { ...image.target, repository: `copy${number}` } };
      },
    );

    expect(readIndex(bundle)).toEqual([["docker.io/library/redis:7", REDIS.descriptor.digest]]);
    expect(bundle.document.images).toHaveLength(3);
  });

  test("counts a config of more than 4 MiB as a layer", () => {
    const config = makeBlob(Buffer.alloc(4 * 1024 * 1024 + 1), MEDIA_TYPES.ociConfig);
    const fields = { config: config.descriptor };
    const image = { ...makeImage([], "linux/amd64", fields), blobs: [config] };

    const { metadata, layers } = compose([["redis:7", image]]);

    expect(metadata.map(({ descriptor }) => descriptor.digest)).toEqual([image.descriptor.digest]);
    expect(layers.map(({ descriptor }) => descriptor)).toEqual([config.descriptor]);
  });

  test("keeps what is one image's layer and another's config as metadata", () => {
    const layer = REDIS.blobs[1]?.descriptor;
    const other = makeImage([], "linux/amd64", { config: { ...layer, mediaType: MEDIA_TYPES.ociConfig } });

    const { metadata, layers } = compose([
      ["a:1", REDIS],
      ["b:1", other],
    ]);

    expect(metadata.map(({ descriptor }) => descriptor.digest)).toContain(layer?.digest);
    expect(layers.map(({ descriptor }) => descriptor.digest)).not.toContain(layer?.digest);
  });

  test("refuses one digest with two sizes in two images", () => {
    const liar = makeImage([], "linux/amd64", { layers: [{ ...REDIS.blobs[1]?.descriptor, size: 5 }] });

    expect(() =>
      compose([
        ["redis:7", REDIS],
        ["liar:1", liar],
      ]),
    ).toThrow(
      expect.objectContaining({ code: "SIZE_INVALID", message: expect.stringMatching(/5 bytes .* 4 in/) }),
    );
  });

  test("refuses one digest with two sizes in one image", () => {
    const layer = REDIS.blobs[1]?.descriptor;
    const liar = makeImage([], "linux/amd64", { layers: [layer, { ...layer, size: 5 }] });

    expect(() => compose([["liar:1", liar]])).toThrow(expect.objectContaining({ code: "SIZE_INVALID" }));
  });

  test("refuses an image whose manifest is not there", () => {
    const { images } = planOf([["redis:7", REDIS_INDEX]]);

    expect(() => composeBundle(images, graphOf([makeImage(["other"])]), HEADING)).toThrow(
      expect.objectContaining({ code: "MANIFEST_UNKNOWN" }),
    );
  });
});
