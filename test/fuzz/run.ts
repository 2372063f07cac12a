import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { orUsage } from "../support/or-usage.ts";
import { openAnswersFuzz } from "./answers-fuzz.ts";
import { openBundleFuzz } from "./bundle-fuzz.ts";
import { type Fuzz, type FuzzReport, runFuzz } from "./fuzz.ts";
import { openSelectionFuzz } from "./selection-fuzz.ts";
import { watchMemory } from "./watch-memory.ts";
import { watchProgress } from "./watch-progress.ts";

const KINDS: Readonly<Record<string, (directory: string) => Promise<Fuzz>>> = {
  bundle: openBundleFuzz,
  selection: openSelectionFuzz,
  answers: openAnswersFuzz,
};

const USAGE = `npm run fuzz -- [--seed N] [--count N] [--seconds S] [--from INDEX] [--only ${Object.keys(KINDS).join("|")}]`;

const options = {
  seed: { type: "string", default: String(Date.now() % 2 ** 31) },
  count: { type: "string", default: "10000" },
  seconds: { type: "string", default: "Infinity" },
  from: { type: "string", default: "0" },
  only: { type: "string", default: "" },
} as const;
const { only, numbers } = orUsage(USAGE, () => {
  const { seed, count, from, seconds, only } = parseArgs({ options }).values;
  const numbers = [seed, count, from, seconds].map(Number);
  if (numbers.some(Number.isNaN)) throw new RangeError("Cannot use a value that is no number");
  if (only !== "" && !Object.hasOwn(KINDS, only)) throw new RangeError(`Cannot use --only ${only}`);
  return { only, numbers };
});

const directory = await mkdtemp(join(tmpdir(), "fuzz-"));
try {
  for (const [name, open] of Object.entries(KINDS)) {
    if (only !== "" && only !== name) continue;
    await runKind(name, open);
  }
} finally {
  await rm(directory, { recursive: true, force: true });
}

async function runKind(name: string, open: (directory: string) => Promise<Fuzz>): Promise<void> {
  const [seed = 0, count = 0, from = 0, seconds = 0] = numbers;
  const start = performance.now();
  const fuzz = await open(directory);
  const progress = watchProgress(`${name}, seed ${seed}`);
  const memory = watchMemory();
  const report = await runFuzz(fuzz, {
    seed,
    from,
    count,
    isOver: () => performance.now() - start > seconds * 1000,
    onInput: (index) => {
      progress.tell(index);
      memory.check(index);
    },
  });
  await progress.close();
  await fuzz.close();
  print(name, seed, report, (performance.now() - start) / 1000, memory.describe());
}

function print(name: string, seed: number, report: FuzzReport, seconds: number, memory: string): void {
  const { count, kinds, outcomes } = report;
  console.log(`${name}: ${count} inputs of seed ${seed} in ${seconds.toFixed(1)} s, ${memory}`);
  for (const [title, counts] of [
    ["inputs", kinds],
    ["outcomes", outcomes],
  ] as const) {
    console.log(`  ${title}`);
    for (const [key, number] of [...counts].sort((a, b) => b[1] - a[1]).slice(0, 40))
      console.log(`    ${String(number).padStart(8)} ${key}`);
  }
}
