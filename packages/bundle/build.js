import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const DIST = fileURLToPath(new URL("dist", import.meta.url));

/** Where it goes: `dist`, or a new directory. */
const [outdir = DIST] = process.argv.slice(2);

// Hundreds of modules in a few files: finding and reading them one by one took a third of a second of each run.
// What commands import when they run is a file of its own, as without this.
if (outdir === DIST) await rm(outdir, { recursive: true, force: true });
const { metafile } = await build({
  absWorkingDir: ROOT,
  entryPoints: ["packages/bundle/src/main.ts", "packages/bundle/src/compile-cache.ts"],
  outdir,
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node22.19",
  conditions: ["source"],
  banner: {
    // For dependencies that are CommonJS.
    js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
  },
  logLevel: "warning",
  metafile: true,
});

// V8 compiles a function when it is first called, and leaves it out of node's compile cache, unless it stands in brackets.
// So do here the modules that are CommonJS, which are functions.
const WRAPPER = /(__commonJS\(\{\n {2}"[^"]+")(\([^)]*\) \{.*?\n {2}\})\n\}\);/gs;
for (const path of Object.keys(metafile.outputs).filter((name) => name.endsWith(".js"))) {
  const file = join(ROOT, path);
  const code = await readFile(file, "utf8");
  const modules = code.match(/ = __commonJS\(/g) ?? [];
  if (modules.length !== (code.match(WRAPPER) ?? []).length)
    throw new Error(`esbuild writes modules of CommonJS in another way than is known here: ${path}`);
  await writeFile(file, code.replace(WRAPPER, "$1: (function$2)\n});"));
}

// Whoever passes the executable on passes the dependencies on, with their terms.
const packages = new Set(
  Object.keys(metafile.inputs).flatMap((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? []),
);
const notices = [];
for (const path of [...packages].sort()) {
  const files = await readdir(join(ROOT, path));
  const { name, version, license } = JSON.parse(await readFile(join(ROOT, path, "package.json"), "utf8"));
  const terms = files.filter((file) => /^(?:licen[cs]e|notice|copying)/i.test(file)).sort();
  const texts = await Promise.all(terms.map(async (file) => await readFile(join(ROOT, path, file), "utf8")));
  notices.push([`${name} ${version} (${license})`, ...texts].join("\n\n"));
}
await writeFile(join(outdir, "THIRD-PARTY-NOTICES.txt"), `${notices.join("\n\n----\n\n")}\n`);
