import { rmSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { orUsage } from "../support/or-usage.ts";
import { formatRows } from "./format-rows.ts";
import { describeMachine } from "./machine.ts";
import { makePlace } from "./place.ts";
import { readOptions, USAGE } from "./read-options.ts";
import { runBench } from "./run-bench.ts";
import { neededSize, SIZES } from "./sizes.ts";

const RUN = fileURLToPath(new URL("../../packages/bundle/bin/run.js", import.meta.url));

const options = orUsage(USAGE, () => readOptions(process.argv.slice(2)));
const { json, keep, runs, skopeoRuns } = options;
const size = SIZES[options.size];
const { directory, fileSystem } = await makePlace(neededSize(size));
const machine = describeMachine(fileSystem);
const start = performance.now();
for (const signal of ["SIGINT", "SIGTERM"] as const)
  process.once(signal, () => {
    // Behind those of registries and commands, which end them.
    process.once("exit", () => rmSync(directory, { recursive: true, force: true }));
    process.exit(130);
  });
try {
  const rows = await runBench({
    ...options,
    directory,
    size,
    bundle: [process.execPath, RUN],
    log: (line) => process.stderr.write(`${((performance.now() - start) / 1000).toFixed(0)} s: ${line}\n`),
  });
  console.log(
    Object.entries(machine)
      .map(([name, value]) => `${name}: ${value}`)
      .join("\n"),
  );
  console.log(`runs: ${runs} of each command in turn, ${skopeoRuns} where skopeo is compared\n`);
  console.log(formatRows(rows));
  const document = { machine, size: options.size, runs, skopeoRuns, rows };
  if (json !== undefined) await writeFile(json, `${JSON.stringify(document, undefined, 2)}\n`);
} finally {
  if (keep) console.log(`\nLeft in ${directory}`);
  else await rm(directory, { recursive: true, force: true });
}
