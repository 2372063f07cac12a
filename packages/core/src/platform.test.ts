import { expect, test } from "vitest";
import { formatPlatform, matchesPlatform, normalizePlatform, parsePlatform } from "./platform.ts";

test.each([
  ["linux/amd64", "linux/amd64"],
  ["Linux/AMD64", "linux/amd64"],
  ["linux/x86_64", "linux/amd64"],
  ["linux/x86-64", "linux/amd64"],
  ["linux/amd64/v1", "linux/amd64"],
  ["linux/amd64/v3", "linux/amd64/v3"],
  ["linux/arm64/v8", "linux/arm64"],
  ["linux/aarch64", "linux/arm64"],
  ["linux/aarch64/v8", "linux/arm64"],
  ["linux/armhf", "linux/arm/v7"],
  ["linux/armel", "linux/arm/v6"],
  ["linux/armhf/v6", "linux/arm/v6"],
  ["linux/arm/V7", "linux/arm/v7"],
  ["linux/i386", "linux/386"],
  ["linux/s390x", "linux/s390x"],
  ["windows/amd64", "windows/amd64"],
])("parsePlatform() reads %s as %s", (text, normal) => {
  expect(formatPlatform(parsePlatform(text))).toBe(normal);
});

test.each([
  "",
  "linux",
  "linux/",
  "/amd64",
  "linux/amd64/",
  "linux/arm/v7/x",
  "linux amd64",
  "linux/amd64\n",
  "all",
])("parsePlatform() refuses %j", (text) => {
  expect(() => parsePlatform(text)).toThrow(expect.objectContaining({ code: "PLATFORM_UNKNOWN" }));
});

test("normalizePlatform() stores no variant that says nothing", () => {
  const platform = normalizePlatform({ os: "linux", architecture: "amd64", variant: "" });

  expect(platform).toStrictEqual({ os: "linux", architecture: "amd64" });
});

test.each([
  ["linux/amd64", "linux/amd64", true],
  ["linux/amd64/v1", "linux/amd64", true],
  ["linux/amd64/v3", "linux/amd64", false],
  ["linux/amd64/v3", "linux/amd64/v3", true],
  ["linux/arm64/v8", "linux/arm64", true],
  ["linux/arm64", "linux/arm64/v8", true],
  ["linux/arm64/v9", "linux/arm64", false],
  ["linux/arm/v6", "linux/arm", true],
  ["linux/arm/v7", "linux/arm", true],
  ["linux/arm", "linux/arm", true],
  ["linux/arm", "linux/arm/v7", false],
  ["linux/arm/v6", "linux/arm/v7", false],
  ["linux/arm64", "linux/arm", false],
  ["windows/amd64", "linux/amd64", false],
  ["linux/ppc64le", "linux/ppc64le", true],
])("matchesPlatform(): %s for %s is %s", (candidate, wanted, expected) => {
  expect(matchesPlatform(parsePlatform(candidate), parsePlatform(wanted))).toBe(expected);
});

test("matchesPlatform() normalises what an index says", () => {
  const candidate = { os: "Linux", architecture: "aarch64", variant: "v8" };

  expect(matchesPlatform(candidate, { os: "linux", architecture: "arm64" })).toBe(true);
});
