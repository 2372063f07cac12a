import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";

const DEV = fileURLToPath(new URL("../packages/bundle/bin/dev.js", import.meta.url));

/** Prints what was loaded, one URL a line, to stderr when the process ends. */
const LIST_MODULES = `
  import { registerHooks } from "node:module";
  const urls = [];
  registerHooks({ load: (url, context, next) => { urls.push(url); return next(url, context); } });
  process.on("exit", () => process.stderr.write(urls.join("\\n")));`;

/** The packages that a run of `bundle` loads; of ours the files, such as `core/error.ts`. */
async function listLoaded(...args: string[]): Promise<ReadonlySet<string>> {
  const hook = `data:text/javascript,${encodeURIComponent(LIST_MODULES)}`;
  const { stderr } = await promisify(execFile)(process.execPath, [
    "--import",
    hook,
    "--conditions=source",
    DEV,
    ...args,
  ]);
  return new Set(stderr.split("\n").map(nameOf));
}

function nameOf(url: string): string {
  const [, dependency] = /\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url) ?? [];
  return dependency ?? url.replace(/^.*\/packages\/([^/]+)\/(?:src\/)?/, "$1/");
}

async function writeSelection(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "bundle-start-"));
  onTestFinished(async () => await rm(directory, { recursive: true }));
  const path = join(directory, "selection.yaml");
  await writeFile(
    path,
    "tasks: [{name: one, source: {registry: a.example}, mappings: [{from: app, tags: ['1.0']}]}]",
  );
  return path;
}

test("bundle --version loads no package and no command", async () => {
  const loaded = await listLoaded("--version");

  expect([...loaded].filter((name) => !name.startsWith("node:"))).toEqual([
    "bundle/bin/dev.js",
    "bundle/main.ts",
  ]);
});

test("bundle config loads what reads selections, and nothing that asks, plans or moves", async () => {
  const loaded = await listLoaded("config", "-c", await writeSelection());

  expect(loaded).toContain("yaml");
  expect(loaded).toContain("core/selection/parse-selection.ts");
  const heavy = ["undici", "zod", "core/index.ts", "registry/index.ts"];
  expect(heavy.filter((name) => loaded.has(name))).toEqual([]);
  expect([...loaded].filter((name) => /^core\/(?:plan|bundle|transfer|store)\//.test(name))).toEqual([]);
});
