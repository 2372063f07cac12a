import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable } from "node:stream";
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
  /** Whether its stdout is read; else that is up to the test. @default true */
  readonly readsStdout?: boolean;
}

/** What a run of `bundle` gave. */
export interface BundleRun {
  readonly exitCode: number | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** A run that goes on. */
export interface StartedRun {
  readonly child: ChildProcessByStdio<null, Readable, Readable>;
  readonly finished: Promise<BundleRun>;
}

/** Starts the real executable in a process of its own. */
export function startBundle(args: readonly string[], options: RunOptions): StartedRun {
  const { cwd, env, nodeOptions = [], readsStdout = true } = options;
  const child = spawn(process.execPath, ["--conditions=source", ...nodeOptions, DEV, ...args], {
    cwd,
    env,
    stdio: ["ignore", "pipe", "pipe"],
    timeout: TIMEOUT_MS,
    killSignal: "SIGKILL",
  });
  const ended = once(child, readsStdout ? "close" : "exit");
  const finish = async (): Promise<BundleRun> => {
    const output = readsStdout ? buffer(child.stdout) : Buffer.alloc(0);
    const [stdout, stderr] = await Promise.all([output, text(child.stderr), ended]);
    return { exitCode: child.exitCode, stdout, stderr };
  };
  return { child, finished: finish() };
}
