import { expect, test } from "vitest";
import { countProblems } from "./verify-document.ts";

test.each([
  [["digest"], "1 problem"],
  [["digest", "missing"], "2 problems"],
  [["digest", "missing", "unread"], "more than 2 problems"],
] as const)("countProblems() says of %j %s", (kinds, expected) => {
  expect(countProblems(kinds.map((kind) => ({ kind })))).toBe(expected);
});
