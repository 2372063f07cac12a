import { parseArgs } from "node:util";
import { runChaos } from "./run-chaos.ts";

const USAGE = "npm run test:chaos -- [--seed N] [--rounds N] [--only-round K]";

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: String(Date.now() % 2 ** 31) },
    rounds: { type: "string", default: "200" },
    "only-round": { type: "string" },
  },
});
const [seed = 0, rounds = 0, only = 0] = [values.seed, values.rounds, values["only-round"] ?? "0"].map(
  Number,
);
if ([seed, rounds, only].some(Number.isNaN)) throw new Error(USAGE);

const startedAt = performance.now();
let done = 0;
const onRound = (): void => {
  done++;
  if (done % 20 === 0) console.log(`${done} rounds after ${seconds()} s`);
};
console.log(`seed ${seed}`);
const range = values["only-round"] === undefined ? { rounds } : { from: only, rounds: 1 };
const happenings = await runChaos({ seed, ...range, onRound });
console.log(`${done} rounds of seed ${seed} in ${seconds()} s: all digests are the same`);
for (const [kind, count] of [...happenings].sort(([a], [b]) => a.localeCompare(b)))
  console.log(`${String(count).padStart(8)} ${kind}`);

function seconds(): string {
  return ((performance.now() - startedAt) / 1000).toFixed(1);
}
