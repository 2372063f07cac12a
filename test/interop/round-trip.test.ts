import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { describePeers } from "../peers/describe-peers.ts";
import { digestOfText, readDigest, readRawManifest, skopeoCopy } from "../peers/skopeo.ts";
import { ExportDocument, ImportDocument, readDocument } from "../support/documents.ts";
import { runWell } from "./run-well.ts";
import { openScene, SCENE_PEERS, type Scene } from "./scene.ts";

const Index = z.object({
  manifests: z.array(z.object({ digest: z.string(), platform: z.object({ architecture: z.string() }) })),
});

const FROM = "demo/busybox";
const MULTI = ["oci", "docker"] as const;
const SINGLE = ["oci-single", "docker-single"] as const;

describePeers(SCENE_PEERS, "from one docker-registry into another", () => {
  let scene: Scene;

  const sourceOf = (tag: string): string => `docker://${scene.source.host}/${FROM}:${tag}`;
  const targetOf = (repository: string, tag: string): string =>
    `docker://${scene.target.host}/${repository}:${tag}`;

  beforeAll(async () => {
    scene = await openScene();
    const { site, source, target } = scene;
    await site.select("selection.yaml", {
      registry: source.host,
      target: target.host,
      mappings: [
        { from: FROM, to: "all/busybox", tags: MULTI, platform: "all" },
        { from: FROM, to: "default/busybox", tags: SINGLE },
        { from: FROM, to: "arm64/busybox", tags: MULTI, platform: "linux/arm64" },
      ],
    });
  });

  afterAll(async () => {
    await scene.close();
  });

  test("export takes everything, import pushes it", async () => {
    const { site } = scene;

    const exported = await runWell(site, ["export", "-c", "selection.yaml", "-o", "all.tar", "--json"]);
    const imported = await runWell(site, ["import", "all.tar", "--json"]);

    expect(readDocument(exported, ExportDocument)).toMatchObject({ images: 6, failed: [] });
    const { images } = readDocument(imported, ImportDocument);
    expect(images.map(({ status }) => status)).toEqual(Array(6).fill("pushed"));
  });

  test.each([
    ...MULTI.map((tag) => ["all/busybox", tag] as const),
    ...SINGLE.map((tag) => ["default/busybox", tag] as const),
  ])("%s:%s has the digest that it has at the source", async (repository, tag) => {
    expect(await readDigest(targetOf(repository, tag))).toBe(await readDigest(sourceOf(tag)));
  });

  test.each(MULTI)("one platform of %s is that entry of the index", async (tag) => {
    const { manifests } = Index.parse(JSON.parse(await readRawManifest(sourceOf(tag))));
    const arm64 = manifests.find(({ platform }) => platform.architecture === "arm64");

    expect(await readDigest(targetOf("arm64/busybox", tag))).toBe(arm64?.digest);
  });

  test.each([
    ...MULTI.flatMap((tag) => [["all/busybox", tag] as const, ["arm64/busybox", tag] as const]),
    ...SINGLE.map((tag) => ["default/busybox", tag] as const),
  ])("skopeo pulls all of %s:%s", async (repository, tag) => {
    await skopeoCopy(
      targetOf(repository, tag),
      `dir:${scene.site.path(`${repository}-${tag}`.replace("/", "-"))}`,
    );
  });

  test("a second import finds everything there", async () => {
    const run = await scene.site.run(["import", "all.tar", "--json"]);

    const { images, blobs } = readDocument(run, ImportDocument);
    expect(images.map(({ status }) => status)).toEqual(Array(6).fill("unchanged"));
    expect(blobs.uploaded).toBe(0);
  });

  test("several platforms are the index without the other entries", async () => {
    const { site, target } = scene;
    const platforms = ["linux/amd64", "linux/arm64"].flatMap((platform) => ["--platform", platform]);
    await site.select("multi.yaml", {
      registry: scene.source.host,
      mappings: [{ from: FROM, to: "busybox", tags: MULTI }],
    });

    await runWell(site, ["export", "-c", "multi.yaml", "-o", "two.tar", ...platforms]);
    await runWell(site, ["import", "two.tar", "--to", `${target.host}/two`]);

    for (const tag of MULTI) {
      const index = await readRawManifest(sourceOf(tag));
      // The entry is cut out of the text, so that every other byte stays.
      const expected = index.replace(/,\{[^{}]*\{[^{}]*"riscv64"[^{}]*\}\}/, "");
      expect(expected).not.toContain("riscv64");
      expect(await readDigest(targetOf("two/busybox", tag))).toBe(digestOfText(expected));
      await skopeoCopy(targetOf("two/busybox", tag), `dir:${site.path(`two-${tag}`)}`);
    }
  });
});
