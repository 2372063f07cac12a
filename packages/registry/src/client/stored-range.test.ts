import { expect, test } from "vitest";
import { nextOffset } from "./stored-range.ts";

test.each([
  ["nothing is said", 202, undefined, 200],
  ["it makes no sense", 202, "bytes */200", 200],
  ["all has come", 202, "0-199", 200],
  ["all has come, in HTTP's words", 202, "bytes=0-199", 200],
  ["a part has come", 202, "0-149", 150],
  ["it is the one from before", 202, "0-99", 200],
  ["ECR's is older still", 201, "0-9", 200],
  ["it goes backward", 202, "0-49", undefined],
  ["there is more than was sent", 202, "0-200", undefined],
])("nextOffset() after bytes 100 to 199, where %s", (_what, status, range, expected) => {
  expect(nextOffset({ status, range }, { start: 100, end: 200 })).toBe(expected);
});

test("nextOffset() does not know whether 0-0 is one byte or none", () => {
  expect(nextOffset({ status: 202, range: "0-0" }, { start: 0, end: 100 })).toBe(100);
});
