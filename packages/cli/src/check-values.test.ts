import { expect, test } from "vitest";
import { checkValues } from "./check-values.ts";

const KNOWN = { output: { char: "o" }, task: {} };

test.each([
  [{ flags: { output: "" }, args: {} }, "-o"],
  [{ flags: { task: ["a", ""] }, args: {} }, "--task"],
  [{ flags: {}, args: { bundle: [""] } }, "BUNDLE"],
])("checkValues() refuses what is empty in %j", (parsed, name) => {
  expect(() => checkValues(parsed, KNOWN)).toThrow(`Cannot use ${name}: its value is empty`);
});

test("checkValues() lets other values pass", () => {
  const flags = { output: "-", task: ["a"], json: false, jobs: 0, label: undefined };

  expect(() => checkValues({ flags, args: { bundle: ["a.tar"] } }, KNOWN)).not.toThrow();
});
