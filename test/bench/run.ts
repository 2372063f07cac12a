import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { cpus, release, tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { measureFleet } from "./fleet-rows.ts";
import { formatRows } from "./format-rows.ts";
import type { Row } from "./row.ts";
import { measureStart } from "./start-rows.ts";

const { values } = parseArgs({
  options: {
    only: { type: "string", default: "start,fleet" },
    runs: { type: "string", default: "3" },
    size: { type: "string", default: "full" },
    json: { type: "string" },
  },
});
const SCALES = new Map([
  ["full", 1],
  ["small", 0.1],
]);
const scale = SCALES.get(values.size);
if (scale === undefined) throw new RangeError(`--size is full or small, not ${values.size}`);

const runs = Number(values.runs);
const bundle = [
  process.execPath,
  fileURLToPath(new URL("../../packages/bundle/bin/run.js", import.meta.url)),
];
const isInMemory = existsSync("/dev/shm");
const directory = await mkdtemp(join(isInMemory ? "/dev/shm" : tmpdir(), "bundle-bench-"));
const rows: Row[] = [];
try {
  if (values.only.includes("start")) rows.push(...(await measureStart({ directory, runs: 10, bundle })));
  if (values.only.includes("fleet")) rows.push(...(await measureFleet({ directory, scale, runs, bundle })));
} finally {
  await rm(directory, { recursive: true, force: true });
}

const [cpu] = cpus();
const machine = {
  cpu: `${cpus().length} × ${cpu?.model ?? "unknown"}`,
  memory: totalmem(),
  kernel: release(),
  node: process.version,
  storage: isInMemory ? "/dev/shm (memory)" : tmpdir(),
};
console.log(
  Object.entries(machine)
    .map(([name, value]) => `${name}: ${value}`)
    .join("\n"),
);
console.log(`load: ${(await readFile("/proc/loadavg", "utf8")).trim()}\n`);
console.log(formatRows(rows));
if (values.json !== undefined)
  await writeFile(
    values.json,
    `${JSON.stringify({ machine, runs, size: values.size, rows }, undefined, 2)}\n`,
  );
