import { rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const DIST = fileURLToPath(new URL("dist", import.meta.url));

/** Where it goes: `dist`, or a new directory. */
const [outdir = DIST] = process.argv.slice(2);

// Hundreds of modules in a few files: finding and reading them one by one took a third of a second of each run.
// What commands import when they run is a file of its own, as without this.
if (outdir === DIST) await rm(outdir, { recursive: true, force: true });
await build({
  absWorkingDir: fileURLToPath(new URL(".", import.meta.url)),
  entryPoints: ["src/main.ts", "src/compile-cache.ts"],
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
});
