import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runPeer } from "./run-peer.ts";

/** A podman with images of its own. */
export interface Podman {
  /** The words between `podman` and its command. */
  readonly options: readonly string[];
  /** What a command prints. */
  run(...args: string[]): Promise<string>;
  close(): Promise<void>;
}

/** A podman that knows no image, and leaves none behind. */
export async function openPodman(): Promise<Podman> {
  const directory = await mkdtemp(join(tmpdir(), "podman-"));
  const root = ["--root", "--runroot", "--tmpdir"].flatMap((name) => [name, join(directory, name.slice(2))]);
  // The one driver that works everywhere, in a container too.
  const options = [...root, "--storage-driver", "vfs"];
  return {
    options,
    run: async (...args) => await runPeer("podman", [...options, ...args]),
    close: async () => await rm(directory, { recursive: true, force: true }),
  };
}
