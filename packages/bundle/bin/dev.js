#!/usr/bin/env -S node --conditions=source
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { main } from "../src/main.ts";

await main(process.argv.slice(2), {
  root: fileURLToPath(new URL("..", import.meta.url)),
  pjson: JSON.parse(await readFile(new URL("../package.json", import.meta.url), "utf8")),
});
