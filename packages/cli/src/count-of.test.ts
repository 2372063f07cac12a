import { expect, test } from "vitest";
import { countOf } from "./count-of.ts";

test.each([
  [0, "0 blobs"],
  [1, "1 blob"],
  [2, "2 blobs"],
])("countOf() puts %i in words", (count, expected) => {
  expect(countOf(count, "blob")).toBe(expected);
});
