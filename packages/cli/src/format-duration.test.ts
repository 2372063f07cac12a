import { expect, test } from "vitest";
import { formatDuration } from "./format-duration.ts";

test.each([
  [0, "0.0s"],
  [449, "0.4s"],
  [999, "1s"],
  [12_400, "12s"],
  [59_600, "1m 0s"],
  [185_000, "3m 5s"],
  [7_800_000, "2h 10m"],
  [273_600_000, "3d 4h"],
])("formatDuration() writes %d ms as %s", (durationMs, expected) => {
  expect(formatDuration(durationMs)).toBe(expected);
});
