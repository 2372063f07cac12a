import { spawnSync } from "node:child_process";
import { tryRun } from "../peers/run-peer.ts";

/** Addresses for measurements, which no network uses: {@link https://www.rfc-editor.org/rfc/rfc2544}. */
const NETWORK = "198.18.53";
const HERE = `${NETWORK}.1`;
const THERE = `${NETWORK}.2`;

/** More than one packet as the kernel hands them over (64 KiB), and little beside the rate. */
const SHAPE = ["tbf", "rate", "1gbit", "burst", "256kb", "latency", "50ms"];

/** The way between the commands and the registries. */
export type LinkName = "loopback" | "1gbit";

/** A way that is open. */
export interface Link {
  readonly name: LinkName;
  /** Where registries listen; absent for loopback. */
  readonly network?: { readonly namespace: string; readonly address: string };
  close(): Promise<void>;
}

/** Opens a way to the registries. @throws saying what this machine lacks */
export async function openLink(name: LinkName): Promise<Link> {
  if (name === "loopback") return { name, close: async () => {} };
  const namespace = `bundle-bench-${process.pid}`;
  const [near, far] = [`bb${process.pid}a`, `bb${process.pid}b`];
  const remove = (): void => {
    spawnSync("ip", ["netns", "delete", namespace]);
    // With the namespace it goes in a while, and the next one wants the same addresses now.
    spawnSync("ip", ["link", "delete", near]);
  };
  process.once("exit", remove);
  const close = async (): Promise<void> => {
    process.off("exit", remove);
    remove();
  };
  try {
    await ip("netns", "add", namespace);
    await ip("link", "add", near, "type", "veth", "peer", "name", far, "netns", namespace);
    await ip("address", "add", `${HERE}/30`, "dev", near);
    await ip("link", "set", near, "up");
    await ip("-n", namespace, "address", "add", `${THERE}/30`, "dev", far);
    await ip("-n", namespace, "link", "set", far, "up");
    await ip("-n", namespace, "link", "set", "lo", "up");
    await run("tc", "qdisc", "add", "dev", near, "root", ...SHAPE);
    await run("tc", "-n", namespace, "qdisc", "add", "dev", far, "root", ...SHAPE);
  } catch (error) {
    await close();
    throw error;
  }
  return { name, network: { namespace, address: THERE }, close };
}

async function ip(...args: readonly string[]): Promise<void> {
  await run("ip", ...args);
}

async function run(program: string, ...args: readonly string[]): Promise<void> {
  const { exitCode, stderr } = await tryRun(program, args);
  if (exitCode !== 0) throw new Error(`${program} ${args.join(" ")}: ${stderr.trim()}`);
}
