import { expect, test } from "vitest";
import { readPullLimit } from "./pull-limit.ts";

test.each([
  ["100;w=21600", "76;w=21600", { remaining: 76, limit: 100, windowSeconds: 21_600 }],
  [" 100 ; w=21600", " 0 ; w=21600 ", { remaining: 0, limit: 100, windowSeconds: 21_600 }],
  ["100;w=21600", "76", { remaining: 76, limit: 100, windowSeconds: 21_600 }],
  ["100", "76", { remaining: 76, limit: 100 }],
  [undefined, "76;w=60", { remaining: 76, windowSeconds: 60 }],
  ["unlimited", "76", { remaining: 76 }],
  ["100, 100;w=21600", "76", { remaining: 76, limit: 100, windowSeconds: 21_600 }],
  ["100;w=21600", undefined, undefined],
  ["100;w=21600", "-1", undefined],
  ["100;w=21600", "", undefined],
  [undefined, undefined, undefined],
])("readPullLimit() of %j and %j", (limit, remaining, expected) => {
  expect(readPullLimit(limit, remaining)).toEqual(expected);
});
