import { afterAll, beforeAll, expect, test } from "vitest";
import { describePeers } from "../peers/describe-peers.ts";
import { fileDigest } from "../peers/file-digest.ts";
import { peerFile } from "../peers/peers.ts";
import { runPeer, tryRun } from "../peers/run-peer.ts";
import { skopeoCopy } from "../peers/skopeo.ts";
import { BUSYBOX, GREETING } from "./busybox-images.ts";
import { runWell } from "./run-well.ts";
import { openScene, SCENE_PEERS, type Scene } from "./scene.ts";

const TAGS = ["oci", "docker"] as const;
const GREET = ["echo", GREETING];

describePeers(SCENE_PEERS, "busybox on the other side", () => {
  let scene: Scene;

  beforeAll(async () => {
    scene = await openScene();
    const { site, source, target } = scene;
    const mappings = [{ from: "demo/busybox", to: "inside/busybox", tags: [...TAGS, "docker-single"] }];
    await site.select("selection.yaml", { registry: source.host, target: target.host, mappings });
    await runWell(site, ["export", "-c", "selection.yaml", "-o", "out.tar", "--platform=all"]);
    await runWell(site, ["import", "out.tar"]);
  });

  afterAll(async () => {
    await scene.close();
  });

  /** Has skopeo copy an image out of the registry, and umoci unpack it. */
  async function unpack(tag: string, architecture: string): Promise<string> {
    const { site, target } = scene;
    const name = `${tag}-${architecture}`;
    const layout = site.path(`layout-${name}`);
    const platform = ["--override-os=linux", `--override-arch=${architecture}`, "--format=oci"];
    await skopeoCopy(`docker://${target.host}/inside/busybox:${tag}`, `oci:${layout}:${name}`, platform);
    await runPeer("umoci", ["unpack", "--rootless", "--image", `${layout}:${name}`, site.path(name)]);
    return site.path(`${name}/rootfs/bin/busybox`);
  }

  const cases = TAGS.flatMap((tag) =>
    (["amd64", "arm64"] as const).map((architecture) => ({ tag, architecture })),
  );
  test.each(cases)("$tag for $architecture is what was put in", async ({ tag, architecture }) => {
    const unpacked = await unpack(tag, architecture);

    expect(await fileDigest(unpacked)).toBe(await fileDigest(peerFile(BUSYBOX[architecture])));
    if (architecture === "amd64") {
      expect(await tryRun(unpacked, GREET)).toMatchObject({ exitCode: 0, stdout: `${GREETING}\n` });
    }
  });

  // `podman run` needs cgroups and limits that a container in CI does not grant; what it would run is taken out instead.
  test("podman load, and the container made of it, have what was put in", async () => {
    const { site, source, podman } = scene;
    const reference = `${source.host}/demo/busybox:docker-single`;

    const loaded = await podman.run("load", "--quiet", "-i", site.path("out.tar"));
    const command = await podman.run("image", "inspect", "--format", "{{json .Config.Cmd}}", reference);
    const container = (await podman.run("create", "--network=none", reference)).trim();
    await podman.run("cp", `${container}:/bin/busybox`, site.path("busybox"));

    expect(loaded).toBe(`Loaded image: ${reference}\n`);
    expect(JSON.parse(command)).toEqual(["/bin/busybox", ...GREET]);
    expect(await fileDigest(site.path("busybox"))).toBe(await fileDigest(peerFile("busybox amd64")));
    expect(await tryRun(site.path("busybox"), GREET)).toMatchObject({ exitCode: 0, stdout: `${GREETING}\n` });
  });
});
