import { expect, test } from "vitest";
import { nearestName } from "./nearest-name.ts";

const COMMANDS = ["config", "export", "import", "inspect", "plan", "verify"];

test.each([
  ["plna", "plan"],
  ["exports", "export"],
  ["imprt", "import"],
  ["verify", "verify"],
  ["pull", undefined],
  ["x", undefined],
  ["", undefined],
])("nearestName() takes %j for %j", (word, expected) => {
  expect(nearestName(word, COMMANDS)).toBe(expected);
});
