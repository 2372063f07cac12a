#!/usr/bin/env node
const NEEDED = "22.19";

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
const [neededMajor = 0, neededMinor = 0] = NEEDED.split(".").map(Number);

if (major < neededMajor || (major === neededMajor && minor < neededMinor)) {
  process.stderr.write(
    `bundle needs Node.js ${NEEDED} or newer, this is ${process.versions.node}: start it with another node, such as node_modules/.bin/node of a checkout\n`,
  );
  process.exit(2);
}

// Imported only now: an older node could not even read what follows.
const { enableCompileCache } = await import("node:module");
const { openCompileCache } = await import("../dist/compile-cache.js");
const directory = openCompileCache(process.env);
if (directory !== undefined) enableCompileCache(directory);
const { readFile } = await import("node:fs/promises");
const { fileURLToPath } = await import("node:url");
const { main } = await import("../dist/main.js");
await main(process.argv.slice(2), {
  root: fileURLToPath(new URL("..", import.meta.url)),
  pjson: JSON.parse(await readFile(new URL("../package.json", import.meta.url), "utf8")),
});
