import { expect, test } from "vitest";
import { nearestWord } from "./nearest-word.ts";

const COMMANDS = ["config", "export", "import", "inspect", "plan", "verify"];

test.each([
  ["plna", "plan"],
  ["exports", "export"],
  ["imprt", "import"],
  ["verify", "verify"],
  ["pull", undefined],
  ["x", undefined],
  ["", undefined],
])("nearestWord() takes %j for %j", (word, expected) => {
  expect(nearestWord(word, COMMANDS)).toBe(expected);
});
