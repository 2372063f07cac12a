import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const MODULE = JSON.stringify(new URL("keep-heap-small.ts", import.meta.url).href);

const MIB = 1024 * 1024;

/** Prints by how many bytes the room for new objects grows while many objects are made that live for a while. */
const WORK = `
const { getHeapSpaceStatistics } = await import("node:v8");
const measure = () => getHeapSpaceStatistics().find((one) => one.space_name === "new_space").space_size;
const before = measure();
const kept = Array.from({ length: 20_000 });
for (let i = 0; i < 1_000_000; i++) kept[i % kept.length] = { number: i, text: [i, i, i, i, i, i, i, i] };
console.log(measure() - before);`;

/** Runs that in a process of its own. */
async function run(start: string): Promise<{ readonly growth: number; readonly stderr: string }> {
  const args = ["--input-type=module", "-e", start + WORK];
  const { stdout, stderr } = await promisify(execFile)(process.execPath, args);
  return { growth: Number(stdout), stderr };
}

test("keepHeapSmall() gives new objects no more room than there is", async () => {
  const plain = await run("");
  const small = await run(`(await import(${MODULE})).keepHeapSmall();`);

  // It grows in steps, and may be measured before the first one.
  expect(plain.growth).toBeGreaterThan(16 * MIB);
  expect(small.growth).toBeLessThan(16 * MIB);
  // V8 complains here about what it does not know.
  expect(small.stderr).toBe("");
});
