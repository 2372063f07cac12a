import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { peerFile } from "../peers/peers.ts";

/** What one run of a command took. */
export interface Run {
  readonly seconds: number;
  /** The most memory that a process of it had at a time, in bytes, as the system counts it. */
  readonly peakMemory: number;
  /** Bytes that it gave to `write` and its like (`wchar`), requests and terminal output included. */
  readonly written: number;
}

/** A run, and what it printed on stdout. */
export interface Measured extends Run {
  readonly stdout: string;
}

/** Where a command runs. */
export interface MeasureOptions {
  readonly cwd: string;
  /** Beside PATH. */
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * A shell between the bench and the command: a new process begins with its parent's peak of memory, which here is
 * small; and what a process wrote is added to its parent when it ends, so that nothing of it is missed.
 */
const WRAPPER = `
start=$EPOCHREALTIME
"$1" -f %M -o "$0/memory" "\${@:2}"
status=$?
end=$EPOCHREALTIME
echo "$start $end" >"$0/times"
cat /proc/$$/io >"$0/io"
exit $status`;

/** Runs a command to its end. @throws with what it printed, unless it exits with 0 */
export async function measure(command: readonly string[], options: MeasureOptions): Promise<Measured> {
  const { cwd, env = {} } = options;
  const notes = await mkdtemp(join(cwd, ".measure-"));
  const child = spawn("bash", ["-c", WRAPPER, notes, peerFile("time"), ...command], {
    cwd,
    env: { PATH: process.env["PATH"], LC_ALL: "C", HOME: cwd, ...env },
    stdio: ["ignore", "pipe", "pipe"],
    // A group of its own, so that all of it can be ended.
    detached: true,
  });
  const kill = (): boolean => child.pid !== undefined && process.kill(-child.pid);
  process.once("exit", kill);
  const [stdout, stderr, [status]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "close"),
  ]);
  process.off("exit", kill);
  if (status !== 0)
    throw new Error(`Cannot run ${command.join(" ")}: ${status}\n${stdout}${stderr}`.slice(0, 4000));
  const [memory, times, io] = await Promise.all(
    ["memory", "times", "io"].map(async (name) => await readFile(join(notes, name), "utf8")),
  );
  await rm(notes, { recursive: true });
  const [start = NaN, end = NaN] = (times ?? "").split(" ").map(Number);
  return {
    seconds: end - start,
    peakMemory: Number(memory) * 1024,
    written: Number(/^wchar: ([0-9]+)$/m.exec(io ?? "")?.[1]),
    stdout,
  };
}
