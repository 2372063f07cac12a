import { describe, expect, test } from "vitest";
import type { NamedImages } from "../../../../test/support/bundles.ts";
import { makeAttestation, makeImage, makeIndex } from "../../../../test/support/images.ts";
import { usePlans } from "../../../../test/support/plan-scene.ts";
import { BundleError } from "../error.ts";
import { formatReference } from "../reference.ts";
import type { Plan } from "./plan.ts";

const AMD64 = makeImage(["amd64"]);
const ARM64 = makeImage(["arm64"], "linux/arm64");
const INDEX = makeIndex([AMD64, ARM64, makeAttestation(AMD64)]);
const SINGLE = makeImage(["single"]);
const IMAGES: NamedImages = [
  ["redis:7.0", INDEX],
  ["redis:7.2", SINGLE],
  ["redis:latest", SINGLE],
  ["r.io/arm:1", ARM64],
];

const { requests, openSources, plan } = usePlans(IMAGES);

function summarize({ images }: Plan): string[] {
  return images.map(({ source, descriptor }) => `${formatReference(source)} ${descriptor.digest}`);
}

describe("resolvePlan()", () => {
  test("takes the platforms of a list out of an index, and all of it by dregsy's word", async () => {
    const { images } = await plan(
      "{from: redis, tags: ['7.0'], platforms: [linux/arm64, linux/amd64]}, {from: redis, to: all, tags: ['7.0'], platform: all}",
    );

    const [filtered, whole] = images;
    expect(filtered?.platforms).toEqual(["linux/arm64", "linux/amd64"]);
    expect(filtered?.descriptor.mediaType).toBe(INDEX.descriptor.mediaType);
    expect(whole?.descriptor).toEqual(INDEX.descriptor);
  });

  test("resolves tags without listing them, and reads what the choice needs", async () => {
    const { images, failed, warnings, manifests } = await plan("{from: redis, tags: ['7.0', '7.2']}", {
      referrers: false,
    });

    expect(images).toMatchObject([
      {
        source: { registry: "docker.io", repository: "library/redis", tag: "7.0" },
        target: { registry: "in", repository: "redis", tag: "7.0" },
        resolved: INDEX.descriptor.digest,
        descriptor: AMD64.descriptor,
        platforms: ["linux/amd64"],
        task: "t",
        selectedBy: "7.0",
      },
      { descriptor: SINGLE.descriptor, resolved: SINGLE.descriptor.digest, platforms: ["linux/amd64"] },
    ]);
    expect([failed, warnings]).toEqual([[], []]);
    expect([...manifests.keys()].sort()).toEqual(
      [INDEX, SINGLE, AMD64].map(({ descriptor }) => descriptor.digest).sort(),
    );
    expect(requests).not.toContain("listTags library/redis");
  });

  test("lists tags once where filters need them, and keeps the selection's order", async () => {
    const { images } = await plan(
      "{from: redis, tags: ['regex:7[.].*']}, {from: redis, to: b, tags: ['semver:>=7.1.0']}",
    );

    expect(images.map(({ source, target }) => `${target.repository}:${source.tag}`)).toEqual([
      "redis:7.0",
      "redis:7.2",
      "b:7.2",
    ]);
    expect(requests.filter((request) => request.startsWith("listTags"))).toHaveLength(1);
    expect(requests.filter((request) => request.endsWith("7.2"))).toHaveLength(1);
  });

  test("carries a filtered index for several platforms, and tells the original digest", async () => {
    const index = makeIndex([AMD64, ARM64, makeImage(["x"], "linux/s390x")]);
    const openSource = await openSources([["redis:7.0", index]]);

    const { images, manifests } = await plan("{from: redis, tags: ['7.0']}", {
      openSource,
      platforms: ["linux/amd64", "linux/arm64"],
    });

    expect(images).toMatchObject([
      { resolved: index.descriptor.digest, platforms: ["linux/amd64", "linux/arm64"] },
    ]);
    const root = manifests.get(images[0]?.descriptor.digest ?? "");
    expect(images[0]?.descriptor.digest).not.toBe(index.descriptor.digest);
    expect(root?.kind === "index" && root.children.map(({ digest }) => digest)).toEqual([
      AMD64.descriptor.digest,
      ARM64.descriptor.digest,
    ]);
  });

  test("takes an image selected by digest, with its tag for a name", async () => {
    const tag = `7.0@${INDEX.descriptor.digest}`;

    const plans = [
      await plan(`{from: redis, tags: ['${tag}']}`),
      await plan(`{from: redis, tags: ['@${SINGLE.descriptor.digest}']}`),
    ];

    expect(plans[0]?.images).toMatchObject([
      { source: { tag: "7.0", digest: INDEX.descriptor.digest }, target: { tag: "7.0" } },
    ]);
    expect(plans[1]?.images).toMatchObject([{ descriptor: SINGLE.descriptor, target: { tag: null } }]);
  });

  test("spends no pull the second time", async () => {
    const openSource = await openSources();
    const first = await plan("{from: redis}", { openSource, platforms: ["all"] });
    requests.length = 0;

    const second = await plan("{from: redis}", { openSource, platforms: ["all"] });

    expect(summarize(second)).toEqual(summarize(first));
    expect(first.pulls).toEqual([{ registry: "docker.io", needed: 5 }]);
    expect(second.pulls).toEqual([]);
    expect(requests.filter((request) => request.startsWith("readManifest"))).toEqual([]);
  });

  test("reads each manifest once, though several images have it", async () => {
    await plan("{from: redis}, {from: redis, to: b}");

    const read = requests.filter((request) => request.startsWith("readManifest"));
    expect(new Set(read).size).toBe(read.length);
  });

  test.each([
    ["a tag that there is not", "{from: redis, tags: [nope]}", "MANIFEST_UNKNOWN"],
    ["a tag that is none", "{from: redis, tags: ['a/../b']}", "REFERENCE_INVALID"],
    ["a digest that is none", "{from: redis, tags: ['sha256:00']}", "REFERENCE_INVALID"],
    [
      "a malformed tag for a digest's name",
      `{from: redis, tags: ['a/b@${INDEX.descriptor.digest}']}`,
      "REFERENCE_INVALID",
    ],
    [
      "a platform that there is not",
      "{from: redis, tags: ['7.0'], platform: linux/s390x}",
      "PLATFORM_UNKNOWN",
    ],
    ["a repository that there is not", "{from: nope}", "NAME_UNKNOWN"],
    ["a mapping that cannot be used", "{from: Nope}", "REFERENCE_INVALID"],
  ])("tells %s and goes on", async (_what, mapping, code) => {
    const { images, failed } = await plan(`${mapping}, {from: redis, tags: ['7.2']}`);

    expect(failed).toMatchObject([{ source: expect.stringContaining("docker.io/"), code }]);
    expect(images).toHaveLength(1);
  });

  test.each([
    ["its manifest", SINGLE, "MANIFEST_INVALID"],
    ["a child", AMD64, "MANIFEST_UNKNOWN"],
  ] as const)("leaves out an image of which %s cannot be read", async (_what, broken, code) => {
    const openSource = await openSources(IMAGES, (source) => ({
      readManifest: async (descriptor, options) => {
        if (descriptor.digest === broken.descriptor.digest) throw new BundleError(code, "Cannot read it");
        return await source.readManifest(descriptor, options);
      },
    }));

    const { images, failed } = await plan("{from: redis, tags: ['7.0', '7.2']}", { openSource });

    expect(images).toHaveLength(1);
    expect(failed).toMatchObject([{ code, target: expect.stringMatching(/^in\/redis:7/) }]);
  });

  test("warns of a single image for another platform, and takes it", async () => {
    const openSource = await openSources([["arm:1", ARM64]]);

    const { images, warnings } = await plan("{from: arm}", { openSource });

    expect(images).toMatchObject([{ descriptor: ARM64.descriptor, platforms: ["linux/arm64"] }]);
    expect(warnings).toMatchObject([
      { code: "PLATFORM_MISMATCH", message: expect.stringContaining("linux/arm64, not for linux/amd64") },
    ]);
  });

  test("leaves out, with a warning, what is listed and not there; what the selection names must be there", async () => {
    const openSource = await openSources(IMAGES, (source) => ({
      resolve: async (tag) => (tag === "latest" ? undefined : await source.resolve(tag)),
    }));

    const { images, failed, warnings } = await plan(
      "{from: redis, tags: ['regex:7.2|latest']}, {from: redis, to: b, tags: [latest]}",
      { openSource },
    );

    expect(images).toMatchObject([{ source: { tag: "7.2" } }]);
    expect(warnings).toMatchObject([{ code: "TAG_GONE", message: expect.stringContaining("redis:latest") }]);
    expect(failed).toMatchObject([{ code: "MANIFEST_UNKNOWN", target: "in/b:latest" }]);
  });

  test("warns of a filter that nothing passes", async () => {
    const { images, warnings } = await plan("{from: redis, tags: ['semver:>=8.0.0']}");

    expect(images).toEqual([]);
    expect(warnings).toMatchObject([
      { code: "NOTHING_SELECTED", message: expect.stringContaining("none of its 3 tags") },
    ]);
  });

  test("refuses two images for one target", async () => {
    await expect(
      plan("{from: redis, tags: ['7.0']}, {from: redis, tags: ['7.0'], platform: all}"),
    ).rejects.toMatchObject({
      code: "TARGET_CONFLICT",
    });
  });

  test("stops when it is told to, and tells nothing as failed", async () => {
    const signal = AbortSignal.abort(new Error("stopped"));

    await expect(plan("{from: redis}", { signal })).rejects.toThrow("stopped");
  });
});
