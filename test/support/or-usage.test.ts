import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

test.each([
  ["bench", ["--nope"]],
  ["bench", ["--size", "huge"]],
  ["chaos", ["--nope"]],
  ["chaos", ["--rounds", "many"]],
  ["fuzz", ["--nope"]],
  ["fuzz", ["--count", "many"]],
  ["fuzz", ["--only", "nothing"]],
])("%s says how it is used in place of %j", async (name, args) => {
  const run = fileURLToPath(new URL(`../${name}/run.ts`, import.meta.url));

  const { code, stderr } = await new Promise<{ readonly code: unknown; readonly stderr: string }>(
    (resolve) => {
      execFile(process.execPath, ["--conditions=source", "--expose-gc", run, ...args], (error, _, text) =>
        resolve({ code: error?.code, stderr: text }),
      );
    },
  );

  expect(stderr).toMatch(/^(?:Unknown option|Cannot use).*\nUsage: npm run [\w:]+ -- .*\n$/);
  expect(code).toBe(2);
});
