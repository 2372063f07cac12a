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
])("row 43: readPullLimit() of %j and %j", (limit, remaining, expected) => {
  expect(readPullLimit(limit, remaining)).toEqual(expected);
});

test("row 43: readPullLimit() tells when a window ends, as a span or a moment", () => {
  const inAnHour = String(Math.floor(Date.now() / 1000) + 3600);

  expect(readPullLimit("100", "0", "90")).toEqual({ remaining: 0, limit: 100, resetSeconds: 90 });
  expect(readPullLimit("100", "0", inAnHour)?.resetSeconds).toBeCloseTo(3600, -1);
  expect(readPullLimit("100", "0", "soon")).toEqual({ remaining: 0, limit: 100 });
});
