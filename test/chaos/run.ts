import { parseArgs } from "node:util";
import { orUsage } from "../support/or-usage.ts";
import { killExport } from "./kill-export.ts";
import { runChaos } from "./run-chaos.ts";

const USAGE =
  "npm run test:chaos -- [--seed N] [--rounds N] [--only-round K], or --kill [--size MIB] [--jobs N] [--seed N]";
/** Of the link over which an export is killed. */
const BYTES_PER_SECOND = 50_000_000;
const KILLS = 10;

const options = {
  seed: { type: "string", default: String(Date.now() % 2 ** 31) },
  rounds: { type: "string", default: "200" },
  "only-round": { type: "string" },
  kill: { type: "boolean", default: false },
  size: { type: "string", default: "2048" },
  jobs: { type: "string", default: "6" },
} as const;
const { values, numbers } = orUsage(USAGE, () => {
  const { values } = parseArgs({ options });
  const { seed, rounds, "only-round": only = "0", size, jobs } = values;
  const numbers = [seed, rounds, only, size, jobs].map(Number);
  if (numbers.some(Number.isNaN)) throw new RangeError("Cannot use a value that is no number");
  return { values, numbers };
});
const [seed = 0, rounds = 0, only = 0, sizeMib = 0, jobs = 0] = numbers;

const startedAt = performance.now();
console.log(`seed ${seed}`);
if (values.kill) await kill();
else await wander();

async function wander(): Promise<void> {
  let done = 0;
  const onRound = (): void => {
    done++;
    if (done % 20 === 0) console.log(`${done} rounds after ${seconds()} s`);
  };
  const range = values["only-round"] === undefined ? { rounds } : { from: only, rounds: 1 };
  const happenings = await runChaos({ seed, ...range, onRound });
  console.log(`${done} rounds of seed ${seed} in ${seconds()} s: all digests are the same`);
  for (const [kind, count] of [...happenings].sort(([a], [b]) => a.localeCompare(b)))
    console.log(`${String(count).padStart(8)} ${kind}`);
}

async function kill(): Promise<void> {
  const report = await killExport({ sizeMib, kills: KILLS, jobs, bytesPerSecond: BYTES_PER_SECOND, seed });
  const { payload, sent, ranges, isIdentical, kills } = report;
  console.log(`${kills} times killed in ${seconds()} s, ${jobs} layers in flight`);
  console.log(
    `${payload} bytes of layers, ${sent} bytes sent: ${(sent / payload).toFixed(3)} x, ${ranges} ranges`,
  );
  console.log(`the bundle is ${isIdentical ? "byte-identical to" : "ANOTHER than"} the undisturbed one`);
  if (!isIdentical || kills < KILLS || sent > 1.05 * payload) process.exitCode = 1;
}

function seconds(): string {
  return ((performance.now() - startedAt) / 1000).toFixed(1);
}
