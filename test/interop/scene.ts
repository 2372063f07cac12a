import { type DockerRegistry, startDockerRegistry } from "../peers/docker-registry.ts";
import type { PeerName } from "../peers/peers.ts";
import { openPodman, type Podman } from "../peers/podman.ts";
import { openSite, type Site } from "../support/site.ts";
import { makeBusyboxImages, pushBusyboxImages } from "./busybox-images.ts";

/** What it takes to set a scene. */
export const SCENE_PEERS: readonly PeerName[] = [
  "docker-registry",
  "skopeo",
  "podman",
  "umoci",
  "busybox amd64",
  "busybox arm64",
];

/** Two docker-registries, one with images and an empty one, and a place to run `bundle` in. */
export interface Scene {
  readonly site: Site;
  readonly podman: Podman;
  /** Holds what {@link pushBusyboxImages} pushes. */
  readonly source: DockerRegistry;
  readonly target: DockerRegistry;
  close(): Promise<void>;
}

/** Sets a scene. */
export async function openScene(): Promise<Scene> {
  const [site, podman, source, target] = await Promise.all([
    openSite(),
    openPodman(),
    startDockerRegistry(),
    startDockerRegistry(),
  ]);
  await pushBusyboxImages(await makeBusyboxImages(site.directory), source.host, podman);
  return {
    site,
    podman,
    source,
    target,
    async close() {
      await Promise.all([site.close(), podman.close(), source.close(), target.close()]);
    },
  };
}
