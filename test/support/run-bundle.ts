import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { buffer, text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

/** Runs the sources, so that nothing needs building. */
const DEV = fileURLToPath(new URL("../../packages/bundle/bin/dev.js", import.meta.url));

/** No run of these tests takes nearly as long; one that hangs must not hold up the others. */
const TIMEOUT_MS = 120_000;

/** Where and how `bundle` runs. */
export interface RunOptions {
  readonly cwd: string;
  /** All of its environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Options of node itself. */
  readonly nodeOptions?: readonly string[];
}

/** What a run of `bundle` gave. */
export interface BundleRun {
  readonly exitCode: number | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** A run that goes on. */
export interface StartedRun {
  readonly child: ChildProcess;
  readonly finished: Promise<BundleRun>;
}

/** Starts the real executable in a process of its own. */
export function startBundle(args: readonly string[], options: RunOptions): StartedRun {
  const { cwd, env, nodeOptions = [] } = options;
  const child = spawn(process.execPath, ["--conditions=source", ...nodeOptions, DEV, ...args], {
    cwd,
    env,
    stdio: ["ignore", "pipe", "pipe"],
    timeout: TIMEOUT_MS,
    killSignal: "SIGKILL",
  });
  const closed = once(child, "close");
  const finish = async (): Promise<BundleRun> => {
    const [stdout, stderr] = await Promise.all([buffer(child.stdout), text(child.stderr), closed]);
    return { exitCode: child.exitCode, stdout, stderr };
  };
  return { child, finished: finish() };
}
