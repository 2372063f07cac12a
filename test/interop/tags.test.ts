import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { describePeers } from "../peers/describe-peers.ts";
import { runPeer } from "../peers/run-peer.ts";
import { readDigest, readRawManifest, skopeoCopy } from "../peers/skopeo.ts";
import { runWell } from "./run-well.ts";
import { openScene, SCENE_PEERS, type Scene } from "./scene.ts";

const Tags = z.object({ Tags: z.array(z.string()) });
const DEEP = "a/b-c/d.e/f__g/busybox";
/** More than one page of ours. */
const MINORS = 11;
const PATCHES = 100;

describePeers(SCENE_PEERS, "tags and paths of a docker-registry", () => {
  let scene: Scene;

  beforeAll(async () => {
    scene = await openScene();
    const image = `docker://${scene.source.host}/demo/busybox:oci-single`;
    await skopeoCopy(image, `docker://${scene.source.host}/${DEEP}:latest`);
    await pushTags(scene.source.host, await readRawManifest(image));
  });

  afterAll(async () => {
    await scene.close();
  });

  test("filters choose among all tags", async () => {
    const { site, source, target } = scene;
    const tags = ["semver: >=1.3.98 <1.4.2", "regex: ^1\\.10\\.9[5-7]$", "1.0.0"];
    await site.select("tags.yaml", {
      registry: source.host,
      target: target.host,
      mappings: [{ from: "demo/busybox", to: "chosen", tags }],
    });

    await runWell(site, ["export", "-c", "tags.yaml", "-o", "tags.tar"]);
    await runWell(site, ["import", "tags.tar"]);
    const list = await runPeer("skopeo", [
      "list-tags",
      "--tls-verify=false",
      `docker://${target.host}/chosen`,
    ]);

    const versions = ["1.0.0", "1.10.95", "1.10.96", "1.10.97", "1.3.98", "1.3.99", "1.4.0", "1.4.1"];
    expect(Tags.parse(JSON.parse(list)).Tags.sort()).toEqual(versions);
  });

  test.each([
    ["as it is", "", `docker://HOST/${DEEP}:latest`],
    ["below a prefix", "/pre/fix", `docker://HOST/pre/fix/${DEEP}:latest`],
  ])("a deep path goes over %s", async (_, prefix, expected) => {
    const { site, source, target } = scene;
    await site.select("deep.yaml", {
      registry: source.host,
      mappings: [{ from: DEEP, to: DEEP, tags: ["latest"] }],
    });

    await runWell(site, ["export", "-c", "deep.yaml", "-o", "deep.tar"]);
    await runWell(site, ["import", "deep.tar", "--to", `${target.host}${prefix}`]);

    expect(await readDigest(expected.replace("HOST", target.host))).toBe(
      await readDigest(`docker://${source.host}/${DEEP}:latest`),
    );
  });

  test("a repository that is not there fails alone", async () => {
    const { site, source } = scene;
    const mappings = ["demo/nothing", "demo/busybox"].map((from) => ({ from, tags: ["semver: 1.0.0"] }));
    await site.select("some.yaml", { registry: source.host, mappings });

    const run = await site.run(["export", "-c", "some.yaml", "-o", "some.tar"]);

    expect(run.exitCode, run.stderr).toBe(1);
    expect(run.stdout.toString()).toContain("some.tar: 1 image,");
    expect(run.stdout.toString()).toContain(`${source.host}/demo/nothing`);
  });
});

/** Gives an image the tags 1.0.0 to 1.10.99. */
async function pushTags(host: string, manifest: string): Promise<void> {
  for (let minor = 0; minor < MINORS; minor++) {
    const tags = Array.from({ length: PATCHES }, (_, patch) => `1.${minor}.${patch}`);
    await Promise.all(
      tags.map(async (tag) => await pushTag(`http://${host}/v2/demo/busybox/manifests/${tag}`, manifest)),
    );
  }
}

async function pushTag(url: string, manifest: string): Promise<void> {
  const headers = { "content-type": "application/vnd.oci.image.manifest.v1+json" };
  const response = await fetch(url, { method: "PUT", headers, body: manifest });
  expect(response.status, await response.text()).toBe(201);
}
