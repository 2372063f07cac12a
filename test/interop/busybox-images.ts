import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { peerFile } from "../peers/peers.ts";
import type { Podman } from "../peers/podman.ts";
import { runPeer } from "../peers/run-peer.ts";
import { skopeoCopy } from "../peers/skopeo.ts";

/** What the images print when they are run. */
export const GREETING = "hello";

/** The architectures whose images have a busybox that runs. */
export const BUSYBOX = { amd64: "busybox amd64", arm64: "busybox arm64" } as const;

/** An OCI layout with an image for each of three platforms. Nothing in it is made by us. */
export interface BusyboxImages {
  /** skopeo's name of an image in the layout. */
  locate(architecture: string): string;
}

/** Has umoci make images: busybox for amd64 and arm64, and one for riscv64 that has a file and no program. */
export async function makeBusyboxImages(directory: string): Promise<BusyboxImages> {
  const layout = join(directory, "images");
  await runPeer("umoci", ["init", "--layout", layout]);
  const note = join(directory, "note");
  await writeFile(note, "There is no busybox for this one\n");
  for (const [architecture, name] of Object.entries(BUSYBOX)) {
    await makeImage(`${layout}:${architecture}`, architecture, [peerFile(name), "/bin/busybox"]);
  }
  await makeImage(`${layout}:riscv64`, "riscv64", [note, "/etc/note"]);
  return { locate: (architecture) => `oci:${layout}:${architecture}` };
}

async function makeImage(image: string, architecture: string, file: readonly string[]): Promise<void> {
  await runPeer("umoci", ["new", "--image", image]);
  await runPeer("umoci", ["insert", "--rootless", "--image", image, ...file]);
  const command = ["/bin/busybox", "echo", GREETING].flatMap((word) => ["--config.cmd", word]);
  await runPeer("umoci", [
    "config",
    "--image",
    image,
    "--os=linux",
    `--architecture=${architecture}`,
    ...command,
  ]);
}

/**
 * Fills a registry with `demo/busybox`: `oci` and `docker` have the three platforms, an OCI index and a Docker manifest
 * list, both by podman; `oci-single` and `docker-single` are the image for amd64, by skopeo.
 */
export async function pushBusyboxImages(images: BusyboxImages, host: string, podman: Podman): Promise<void> {
  const list = "localhost/busybox-list";
  await podman.run("manifest", "create", list);
  for (const architecture of [...Object.keys(BUSYBOX), "riscv64"]) {
    await podman.run("manifest", "add", list, images.locate(architecture));
  }
  const push = ["manifest", "push", "--quiet", "--all", "--tls-verify=false"];
  await podman.run(...push, "--format=oci", list, `docker://${host}/demo/busybox:oci`);
  await podman.run(...push, "--format=v2s2", list, `docker://${host}/demo/busybox:docker`);
  const amd64 = images.locate("amd64");
  await skopeoCopy(amd64, `docker://${host}/demo/busybox:oci-single`, ["--format=oci"]);
  await skopeoCopy(amd64, `docker://${host}/demo/busybox:docker-single`, ["--format=v2s2"]);
}
