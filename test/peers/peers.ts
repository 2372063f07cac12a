import { accessSync, constants, existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { AARCH64, isStaticBinary, X86_64 } from "./static-binary.ts";

/** Where `.ci/install-peers` leaves what cannot be installed on a machine of another architecture. */
const CACHE = fileURLToPath(new URL("../../.ci/cache/", import.meta.url));

/** Where Debian installs libraries of the machine's own architecture. */
const LIBRARY_DIRECTORIES = ["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu"];

/** Software that is not ours and that tests work with. */
interface Peer {
  /** How to get it on Debian. */
  readonly install: string;
  /** Its executable or library; undefined if it is not there. */
  readonly find: () => string | undefined;
}

const PEERS = {
  "docker-registry": fromPath("docker-registry", "docker-registry"),
  skopeo: fromPath("skopeo", "skopeo"),
  podman: fromPath("podman", "podman"),
  umoci: fromPath("umoci", "umoci"),
  openssl: fromPath("openssl", "openssl"),
  htpasswd: fromPath("htpasswd", "apache2-utils"),
  nginx: fromPath("nginx", "nginx"),
  tinyproxy: fromPath("tinyproxy", "tinyproxy"),
  curl: fromPath("curl", "curl"),
  time: fromPath("time", "time"),
  nss_wrapper: {
    install: "apt-get install libnss-wrapper",
    find: () => LIBRARY_DIRECTORIES.map((directory) => join(directory, "libnss_wrapper.so")).find(existsSync),
  },
  "busybox amd64": {
    install: "apt-get install busybox-static",
    find: () => onlyStatic(findInPath("busybox"), X86_64),
  },
  "busybox arm64": {
    install: ".ci/install-peers",
    find: () => onlyStatic(join(CACHE, "busybox-arm64/bin/busybox"), AARCH64),
  },
} satisfies Record<string, Peer>;

/** The software that tests may ask for. */
export type PeerName = keyof typeof PEERS;

/** A peer that is not there, and how to get it. */
export interface AbsentPeer {
  readonly name: string;
  readonly install: string;
}

/** The peers of which this machine has none. */
export function listAbsentPeers(): readonly AbsentPeer[] {
  return Object.entries(PEERS)
    .filter(([, { find }]) => find() === undefined)
    .map(([name, { install }]) => ({ name, install }));
}

/** Whether this machine has it. */
export function hasPeer(name: PeerName): boolean {
  return PEERS[name].find() !== undefined;
}

/** The file of a peer. @throws if this machine has none */
export function peerFile(name: PeerName): string {
  const file = PEERS[name].find();
  if (file === undefined) throw new Error(`Cannot use ${name}: not installed; ${PEERS[name].install}`);
  return file;
}

function fromPath(command: string, debianPackage: string): Peer {
  return { install: `apt-get install ${debianPackage}`, find: () => findInPath(command) };
}

function findInPath(command: string): string | undefined {
  const directories = (process.env["PATH"] ?? "").split(delimiter).filter((directory) => directory !== "");
  return directories.map((directory) => join(directory, command)).find(isExecutable);
}

function onlyStatic(file: string | undefined, machine: number): string | undefined {
  return file !== undefined && isExecutable(file) && isStaticBinary(file, machine) ? file : undefined;
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
