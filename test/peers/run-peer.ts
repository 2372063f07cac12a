import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { type PeerName, peerFile } from "./peers.ts";

/** Longer than anything takes that is asked of a peer. */
const TIMEOUT_MS = 60_000;

/** How a program ended. */
export interface Outcome {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** How a program is run. */
export interface TryRunOptions {
  /** @default this process's */
  readonly cwd?: string;
}

/** Runs a program to its end, whatever that is. */
export async function tryRun(
  file: string,
  args: readonly string[],
  options: TryRunOptions = {},
): Promise<Outcome> {
  const child = spawn(file, args, { ...options, stdio: ["ignore", "pipe", "pipe"], timeout: TIMEOUT_MS });
  const [stdout, stderr, [exitCode]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "close"),
  ]);
  return { exitCode: typeof exitCode === "number" ? exitCode : null, stdout, stderr };
}

/** What a peer prints on stdout. @throws with what it prints on stderr, unless it exits with 0 */
export async function runPeer(name: PeerName, args: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await tryRun(peerFile(name), args);
  if (exitCode === 0) return stdout;
  throw new Error(`Cannot run ${name} ${args.join(" ")}: exit status ${exitCode}: ${stderr}`);
}
