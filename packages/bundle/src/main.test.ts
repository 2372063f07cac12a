import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { BundleCommand } from "@airgap-bundle/cli";
import type { Interfaces } from "@oclif/core";
import { expect, test } from "vitest";
import { loadPlugin } from "./run-command.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

class ProbeCommand extends BundleCommand {
  static override summary = "Probes.";

  async run(): Promise<void> {
    await this.parse(ProbeCommand);
  }
}

interface Outcome {
  readonly exitCode: number | string | null | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs node with these arguments in the directory of the package. */
async function runNode(...args: string[]): Promise<Outcome> {
  return await new Promise((resolve) => {
    execFile(process.execPath, args, { cwd: ROOT }, (error, stdout, stderr) => {
      resolve({ exitCode: error === null ? 0 : error.code, stdout, stderr });
    });
  });
}

async function runBundle(...args: string[]): Promise<Outcome> {
  return await runNode("--conditions=source", "bin/dev.js", ...args);
}

async function runBundleOnNode(version: string): Promise<Outcome> {
  const versions = `{ ...process.versions, node: "${version}" }`;
  const fake = `Object.defineProperty(process, "versions", { value: ${versions} })`;
  return await runNode(
    "--import",
    `data:text/javascript,${encodeURIComponent(fake)}`,
    "bin/run.js",
    "--version",
  );
}

test("loadPlugin() gives oclif commands that are in no file", async () => {
  const pjson: Interfaces.PJSON = JSON.parse(await readFile(join(ROOT, "package.json"), "utf8"));

  const plugin = await loadPlugin({ probe: ProbeCommand }, { root: ROOT, pjson });
  const [command] = plugin.commands;

  expect(plugin.commands).toHaveLength(1);
  expect(command).toMatchObject({ id: "probe", summary: "Probes." });
  expect(await command?.load()).toBe(ProbeCommand);
});

test("bundle --version prints the name and the version", async () => {
  expect(await runBundle("--version")).toEqual({ exitCode: 0, stdout: "bundle 0.1.0\n", stderr: "" });
});

test("bundle --version --json prints them as a document", async () => {
  const { exitCode, stdout } = await runBundle("--version", "--json");

  expect(JSON.parse(stdout)).toEqual({ name: "airgap-bundle", version: "0.1.0" });
  expect(exitCode).toBe(0);
});

test.each([
  { args: [] },
  { args: ["--help"] },
  { args: ["-h"] },
  { args: ["help"] },
  { args: ["help", "--json"] },
])("bundle prints the help for $args", async ({ args }) => {
  const { exitCode, stdout, stderr } = await runBundle(...args);

  expect(stdout).toContain("VERSION\n  bundle 0.1.0\n");
  expect(stdout).toContain("$ bundle [COMMAND]");
  expect([exitCode, stderr]).toEqual([0, ""]);
});

test("bundle help shows the help of a command, wherever flags stand", async () => {
  const { exitCode, stdout } = await runBundle("help", "--json", "plan");

  expect(stdout).toContain("$ bundle plan");
  expect(exitCode).toBe(0);
});

test.each([
  ["config", []],
  ["inspect", []],
  ["verify", []],
  ["import", ["--jobs", "--authfile", "--insecure"]],
  ["export", ["--cache-dir", "--jobs", "--authfile", "--insecure"]],
])("bundle %s --help shows the shared flags that it uses: %j", async (command, used) => {
  const { stdout } = await runBundle(command, "--help");

  const flags = ["--cache-dir", "--jobs", "--authfile", "--insecure"];
  expect(flags.filter((flag) => stdout.includes(flag))).toEqual(used);
});

test("bundle config takes the flags that others have", async () => {
  const { stderr } = await runBundle("config", "-c", "none.yaml", "--jobs", "2", "--cache-dir", "x");

  expect(stderr).toContain("none.yaml: there is no such file");
});

test.each([
  ["plna", "Unknown command plna"],
  ["--jsno", "Expected a command before --jsno"],
])("bundle %s ends as a wrong command line", async (arg, message) => {
  const { exitCode, stdout, stderr } = await runBundle(arg, "--json");

  expect(exitCode).toBe(2);
  expect(stderr).toContain(`Error: ${message}\n`);
  expect(JSON.parse(stdout)).toMatchObject({ error: { code: "USAGE", message } });
});

test.each(["18.20.0", "20.20.2", "22.18.0"])("bundle does not start on node %s", async (version) => {
  const { exitCode, stdout, stderr } = await runBundleOnNode(version);

  expect(stderr).toContain(
    `bundle needs Node.js 22.19 or newer, this is ${version}: start it with another node`,
  );
  expect([exitCode, stdout]).toEqual([2, ""]);
});

test.each(["22.19.0", "24.0.0", "26.10.0"])("bundle starts on node %s", async (version) => {
  const { stderr } = await runBundleOnNode(version);

  expect(stderr).not.toContain("needs Node.js");
});

test("bundle fails, and says why, where a part of it cannot be loaded", async () => {
  const breaking = `
    import { registerHooks } from "node:module";
    registerHooks({
      resolve(specifier, context, next) {
        if (specifier === "@airgap-bundle/cli") throw new Error("cli is missing");
        return next(specifier, context);
      },
    });`;
  const preload = `data:text/javascript,${encodeURIComponent(breaking)}`;

  const outcome = await runNode("--import", preload, "--conditions=source", "bin/dev.js", "plan");

  expect(outcome).toEqual({ exitCode: 1, stdout: "", stderr: "Error: cli is missing\n" });
});
