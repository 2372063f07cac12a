import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { describePeers } from "../peers/describe-peers.ts";
import { fileDigest } from "../peers/file-digest.ts";
import { hasPeer, type PeerName, peerFile } from "../peers/peers.ts";
import { openPodman, type Podman } from "../peers/podman.ts";
import { type Outcome, tryRun } from "../peers/run-peer.ts";
import { readDigest, readRawManifest } from "../peers/skopeo.ts";
import { formatReaderRow, READERS, type Reader, ROOT_KINDS, type RootKind } from "./readers.ts";
import { runWell } from "./run-well.ts";
import { openScene, SCENE_PEERS, type Scene } from "./scene.ts";

/** The tag that has a root of this kind. */
const TAGS: Record<RootKind, string> = {
  "OCI image": "oci-single",
  "OCI index": "oci",
  "Docker image": "docker-single",
  "Docker manifest list": "docker",
};

const DOCUMENT = new URL("../../docs/format.md", import.meta.url);
const Image = z.object({ config: z.object({ digest: z.string() }) });

/** A run of a reader, and where its traces are. */
interface Reading {
  readonly reference: string;
  readonly name: string;
  readonly directory: string;
  readonly podman: Podman;
  readonly outcome: Outcome;
}

test("docs/format.md says the same", () => {
  const lines = readFileSync(DOCUMENT, "utf8").split("\n");

  expect(lines).toEqual(expect.arrayContaining(READERS.map(formatReaderRow)));
});

describePeers(SCENE_PEERS, "a bundle without our tool", () => {
  let scene: Scene;

  beforeAll(async () => {
    scene = await openScene();
    const { site, source } = scene;
    const mappings = [{ from: "demo/busybox", tags: Object.values(TAGS) }];
    await site.select("selection.yaml", { registry: source.host, mappings });
    await runWell(site, ["export", "-c", "selection.yaml", "-o", "OUT.tar", "--platform=all"]);
    await mkdir(site.path("DIR"));
    expect((await shell("tar xf OUT.tar -C DIR", site.directory)).stderr).toBe("");
  });

  afterAll(async () => {
    await scene.close();
  });

  const cases = READERS.flatMap((reader) => ROOT_KINDS.map((kind) => ({ reader, kind })));
  for (const [number, { reader, kind }] of cases.entries()) {
    const reads = reader.reads.includes(kind);
    const isOther = !versionOf(reader.tool).includes(` ${reader.version}.`);
    const title = `${reader.how} ${reads ? "takes" : "does not take"} the ${kind}`;
    const reason = isOther ? ` (skipped: not ${reader.tool} ${reader.version})` : "";
    test.skipIf(isOther)(`${title}${reason}`, async () => {
      const podman = await openPodman();
      const reference = `${scene.source.host}/demo/busybox:${TAGS[kind]}`;
      const name = `${scene.target.host}/copy/${number}`;
      const directory = `ROOTFS${number}`;
      const command = reader.how
        .replace("REF", reference)
        .replace("HOST/NAME", name)
        .replace("ROOTFS", directory)
        // The test's registry speaks plain http, and images must not be left in the machine's own store.
        .replace(/^skopeo copy/, "skopeo copy --dest-tls-verify=false")
        .replace(/^podman/, ["podman", ...podman.options].join(" "));

      const outcome = await shell(command, scene.site.directory);
      const kept = await readKept(reader, { reference, name, directory, podman, outcome });
      await podman.close();

      const isRead = kept === (await expectedOf(reader, kind, reference));
      expect(isRead, `${command}: ${outcome.exitCode}: ${outcome.stderr}; kept ${kept}`).toBe(reads);
    });
  }

  /** What of the image is there after the run; undefined if there is none. */
  async function readKept(reader: Reader, reading: Reading): Promise<string | undefined> {
    const { reference, name, directory, podman, outcome } = reading;
    if (outcome.exitCode !== 0) return undefined;
    switch (reader.keeps) {
      case "name":
        return outcome.stdout.split("\n").find((line) => line === reference);
      case "files":
        return await fileDigest(scene.site.path(`${directory}/rootfs/bin/busybox`));
      case "digest":
        return await readDigest(`docker://${name}`);
      case "config":
        // A podman that loads what it can of a bundle exits with 0.
        if (reader.tool === "podman") return await readImageId(podman, reference);
        return await readConfigDigest(`docker://${name}`);
    }
  }

  async function expectedOf({ keeps }: Reader, kind: RootKind, reference: string): Promise<string> {
    switch (keeps) {
      case "name":
        return reference;
      case "files":
        return await fileDigest(peerFile("busybox amd64"));
      case "digest":
        return await readDigest(`docker://${reference}`);
      case "config":
        // Of an index it is the image for this machine that is taken.
        return await readConfigDigest(
          `docker://${scene.source.host}/demo/busybox:${kind.startsWith("OCI") ? "oci" : "docker"}-single`,
        );
    }
  }
});

async function shell(command: string, cwd: string): Promise<Outcome> {
  return await tryRun("sh", ["-c", command], { cwd });
}

async function readConfigDigest(location: string): Promise<string> {
  return Image.parse(JSON.parse(await readRawManifest(location))).config.digest;
}

async function readImageId(podman: Podman, reference: string): Promise<string | undefined> {
  const images = await podman.run("images", "--no-trunc", "--format", "{{.Repository}}:{{.Tag}} {{.ID}}");
  const line = images.split("\n").find((text) => text.startsWith(`${reference} `));
  return line?.slice(reference.length + 1);
}

function versionOf(name: PeerName): string {
  return hasPeer(name) ? spawnSync(peerFile(name), ["--version"], { encoding: "utf8" }).stdout : "";
}
