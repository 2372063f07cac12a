import { describe, expect, test } from "vitest";
import { parseExtendedRange } from "./extended-range.ts";
import { parseVersion } from "./version.ts";
import { isInRange } from "./version-range.ts";

const VERSIONS = ["1.0.0-a", "1.0.0", "1.1.0", "1.2.0", "1.2.3", "1.3.0-rc1", "2.0.0-rc1", "2.0.0", "3.0.0"];

describe("parseExtendedRange()", () => {
  test.each([
    ["^1.2.0", ["1.2.0", "1.2.3", "1.3.0-rc1"]],
    ["~1.2", ["1.2.0", "1.2.3"]],
    ["~> 1.2", ["1.2.0", "1.2.3"]],
    ["1.2.*", ["1.2.0", "1.2.3"]],
    ["*", VERSIONS],
    [">=1.2 <2", ["1.2.0", "1.2.3", "1.3.0-rc1"]],
    ["<=1", ["1.0.0-a", "1.0.0", "1.1.0", "1.2.0", "1.2.3", "1.3.0-rc1"]],
    ["~1.1 || ^3", ["1.1.0", "3.0.0"]],
    [">=1.2 <2.0.0", ["1.2.0", "1.2.3", "1.3.0-rc1", "2.0.0-rc1"]],
  ])("reads %j as npm does", (range, expected) => {
    const parsed = parseExtendedRange(range);

    if (parsed === undefined || "rejected" in parsed) throw new Error(`${range} was refused`);
    expect(
      VERSIONS.filter((text) => {
        const version = parseVersion(text);
        return version !== undefined && isInRange(version, parsed);
      }),
    ).toEqual(expected);
  });

  test("compares numbers that npm cannot hold", () => {
    const parsed = parseExtendedRange(">=1");
    const version = parseVersion("9007199254740993.0.0");

    if (parsed === undefined || "rejected" in parsed || version === undefined) throw new Error("refused");
    expect(isInRange(version, parsed)).toBe(true);
  });

  test.each([
    "",
    "x",
    "1",
    "1.0",
    "1.X",
    ">=v1.0.0",
    "1.2.3||2.0.0",
    "|| 1.2.3",
    "1.2.3 ||",
    ">=1.0.0\t<2.0.0",
    "=1.2",
  ])("leaves %j refused, which has no extension in it", (range) => {
    expect(parseExtendedRange(range)).toBeUndefined();
  });

  test.each([
    "^1.0.0 ||",
    "|| ^1.0.0",
    ">=1.2 || || <1",
    "^1.0.0||^2.0.0",
    "^1.0.0 x",
    "^1.0.0 1.0",
    "^1\t<3",
    "^abc",
    "^1.2.3-99999999999999999999999",
    "* <1.2.3-99999999999999999999999",
    "^99999999999999999999.0.0 || ^1.0.0",
  ])("refuses %j, whose other parts are refused alone", (range) => {
    expect(parseExtendedRange(range)).toHaveProperty("rejected");
  });
});
