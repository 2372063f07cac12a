import { expect, test } from "vitest";
import { checkSwitches } from "./check-switches.ts";

const FLAGS = { json: { type: "boolean" }, output: { type: "option" } } as const;

test.each(["--json=1", "--json=", "--no-json=x"])("checkSwitches() refuses %s", (word) => {
  expect(() => checkSwitches(["a.tar", word], FLAGS)).toThrow(/Cannot use --(no-)?json with a value/);
});

test.each(["--json", "--output=x", "--unknown=1", "json=1"])("checkSwitches() lets %s pass", (word) => {
  expect(() => checkSwitches([word, "--", "--json=1"], FLAGS)).not.toThrow();
});
