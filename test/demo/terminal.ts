import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

/** What `npm run build` has made. */
const EXECUTABLE = fileURLToPath(new URL("../../packages/bundle/bin/run.js", import.meta.url));

/** No command of the demo takes nearly as long. */
const TIMEOUT_MS = 120_000;

/** A table is shown by its beginning and its end. */
const LINES_BEFORE = 2;
const LINES_AFTER = 3;
const LINE_WIDTH = 110;

/** Prints what happens, as a terminal would show it. */
export interface Terminal {
  heading(title: string): void;
  say(line: string): void;
  /** Runs `bundle`, shows the command and what it prints but its progress. @throws if it does not end with status 0 */
  bundle(...args: readonly string[]): Promise<void>;
}

/** A terminal in this directory, in which the machine's own credentials and caches are not seen. */
export function openTerminal(directory: string): Terminal {
  const env = { ...process.env, HOME: directory, USERPROFILE: directory, DOCKER_CONFIG: directory };
  const say = (line: string): void => void process.stdout.write(`${line}\n`);
  return {
    say,
    heading: (title) => say(`\n== ${title}`),
    async bundle(...args) {
      say(`$ bundle ${args.map(quote).join(" ")}`);
      const child = spawn(process.execPath, [EXECUTABLE, ...args], {
        cwd: directory,
        env: { ...env, XDG_CACHE_HOME: directory },
        stdio: ["ignore", "pipe", "pipe"],
        timeout: TIMEOUT_MS,
        killSignal: "SIGKILL",
      });
      const [stderr, stdout] = await Promise.all([
        text(child.stderr),
        text(child.stdout),
        once(child, "close"),
      ]);
      for (const line of shorten(toLines(stdout))) say(line);
      if (child.exitCode !== 0) throw new Error(`bundle ${args[0]} ended with ${child.exitCode}\n${stderr}`);
    },
  };
}

function toLines(output: string): readonly string[] {
  return output.split("\n").filter((line) => line !== "");
}

function shorten(lines: readonly string[]): readonly string[] {
  const narrow = lines.map((line) => (line.length > LINE_WIDTH ? `${line.slice(0, LINE_WIDTH - 1)}…` : line));
  const hidden = lines.length - LINES_BEFORE - LINES_AFTER;
  if (hidden <= 1) return narrow;
  return [...narrow.slice(0, LINES_BEFORE), `  … ${hidden} more lines`, ...narrow.slice(-LINES_AFTER)];
}

/** For a shell. */
function quote(argument: string): string {
  return /^[\w./:=@-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", "'\\''")}'`;
}
