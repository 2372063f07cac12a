import { describe, expect, test } from "vitest";
import { dregsyVectors } from "../../../../test/vectors/dregsy.ts";
import { compareVersions, parseTolerantVersion, parseVersion, type Version } from "./version.ts";

function format({ major, minor, patch, prerelease, build }: Version): string {
  const suffix = prerelease.length > 0 ? `-${prerelease.join(".")}` : "";
  return `${major}.${minor}.${patch}${suffix}${build.length > 0 ? `+${build.join(".")}` : ""}`;
}

describe("parseTolerantVersion()", () => {
  test("has dregsy's answers to try", () => {
    expect(dregsyVectors.semverParse.length).toBeGreaterThan(20);
  });

  test.each(dregsyVectors.semverParse)("reads $tag as $version, as dregsy does", ({ tag, version }) => {
    const parsed = parseTolerantVersion(tag);

    expect(parsed === undefined ? null : format(parsed)).toBe(version);
  });

  test.each([
    ["v1.2", "1.2.0"],
    [" 1.2.6", "1.2.6"],
    ["2023.01.02", "2023.1.2"],
    ["8", "8.0.0"],
  ])("forgives %j", (tag, version) => {
    const parsed = parseTolerantVersion(tag);

    expect(parsed && format(parsed)).toBe(version);
  });

  test.each(["vv1.2.3", "1.31-musl", "1.2.3-01", "1.2.3-a_b", "1.2.3+", "1.2.3-a..b", ""])(
    "finds no version in %j",
    (tag) => {
      expect(parseTolerantVersion(tag)).toBeUndefined();
    },
  );
});

describe("parseVersion()", () => {
  test.each(["1.2", "01.2.3", "v1.2.3", "1.2.3.4", "18446744073709551616.0.0", "1.0.0-18446744073709551616"])(
    "refuses %j",
    (text) => {
      expect(parseVersion(text)).toBeUndefined();
    },
  );
});

describe("compareVersions()", () => {
  test("orders as semver 2.0 does, beyond 2^53 too", () => {
    const ascending = [
      "0.9.0",
      "1.0.0-alpha",
      "1.0.0-alpha.1",
      "1.0.0-alpha.beta",
      "1.0.0-beta.2",
      "1.0.0-beta.11",
      "1.0.0-rc.1",
      "1.0.0",
      "1.0.1",
      "1.10.0",
      "9007199254740992.0.0",
      "9007199254740993.0.0",
    ].flatMap((text) => parseVersion(text) ?? []);

    const sorted = ascending.toReversed().toSorted(compareVersions);

    expect(sorted.map(format)).toEqual(ascending.map(format));
  });

  test("takes no account of the build", () => {
    const [a, b] = ["1.0.0+a", "1.0.0+b"].flatMap((text) => parseVersion(text) ?? []);

    expect(a && b && compareVersions(a, b)).toBe(0);
  });
});
