import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

type Child = ChildProcessByStdio<null, Readable, Readable>;

/** A command that does this, in a process of its own. */
function startCommand(body: string, ...args: string[]): Child {
  const script = `
    import { setTimeout } from "node:timers/promises";
    import { BundleCommand } from "./src/index.ts";
    class ProbeCommand extends BundleCommand {
      async run() {
        const { flags } = await this.parse(ProbeCommand);
        const { signal, report, onEvent } = this.shared(flags);
        ${body}
      }
    }
    const pjson = { name: "airgap-bundle", version: "0.1.0", oclif: { bin: "bundle" } };
    await ProbeCommand.run(process.argv.slice(1), { root: process.cwd(), pjson }).catch((error) => {
      if (error.code !== "EEXIT") throw error;
    });`;
  const options = ["--conditions=source", "--input-type=module-typescript", "--eval", script, "--"];
  return spawn(process.execPath, [...options, ...args], { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"] });
}

/** Resolves when the command has printed this on stderr. */
async function waitFor(child: Child, expected: string): Promise<void> {
  let printed = "";
  for await (const chunk of child.stderr.iterator({ destroyOnReturn: false })) {
    printed += String(chunk);
    if (printed.includes(expected)) return;
  }
  throw new Error(`Cannot find ${expected}: stderr is ${printed}`);
}

async function exitCodeOf(child: Child): Promise<unknown> {
  const [exitCode] = await once(child, "exit");
  return exitCode;
}

const WAIT = `onEvent({ kind: "phase", phase: "list" }); await setTimeout(60_000, undefined, { signal });`;
const WAIT_STUBBORNLY = `onEvent({ kind: "phase", phase: "list" }); await setTimeout(60_000);`;

test.each([
  ["SIGINT", 130],
  ["SIGTERM", 143],
] as const)("a command that gets %s ends with %d and an error document", async (signal, expected) => {
  const child = startCommand(WAIT, "--json");
  await waitFor(child, "Listing tags");

  child.kill(signal);
  const [exitCode, stdout] = await Promise.all([exitCodeOf(child), text(child.stdout)]);

  expect(exitCode).toBe(expected);
  expect(JSON.parse(stdout)).toMatchObject({ error: { code: "INTERRUPTED" } });
});

test("a command that does not stop ends at once at the second signal", async () => {
  const child = startCommand(WAIT_STUBBORNLY);
  await waitFor(child, "Listing tags");
  child.kill("SIGINT");
  await waitFor(child, "Stopping after SIGINT");
  await new Promise((resolve) => setTimeout(resolve, 400));

  child.kill("SIGINT");

  expect(await exitCodeOf(child)).toBe(130);
});

test("a command whose reader has gone away ends quietly", async () => {
  const child = startCommand(`await setTimeout(500); report(["line"]); report(["line"]);`);
  child.stdout.destroy();

  const [exitCode, stderr] = await Promise.all([exitCodeOf(child), text(child.stderr)]);

  expect([exitCode, stderr]).toEqual([0, ""]);
});
