import { expect, test } from "vitest";
import { parseChunkSize } from "./parse-chunk-size.ts";

test.each([
  ["16MiB", 16_777_216],
  ["5MB", 5_000_000],
  ["5 mb", 5_000_000],
  ["1.5GiB", 1_610_612_736],
  ["64KiB", 65_536],
  ["100000", 100_000],
])("parseChunkSize() reads %s as %i bytes", (text, expected) => {
  expect(parseChunkSize(text)).toBe(expected);
});

test.each([
  "",
  "MiB",
  "16M",
  "16 MiB!",
  "-5MB",
  "1e9",
  "0",
  "65535",
  "NaN",
  "9".repeat(30),
  "999999999999GiB",
])("parseChunkSize() refuses %j", (text) => {
  expect(() => parseChunkSize(text)).toThrow(
    expect.objectContaining({ code: "USAGE", hint: expect.stringContaining("16MiB") }),
  );
});
