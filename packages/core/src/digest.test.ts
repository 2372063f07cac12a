import { expect, test } from "vitest";
import { isDigest, isDigestAlgorithm, parseDigest } from "./digest.ts";

const HEX = "0123456789abcdef".repeat(4);

test.each([
  [`sha256:${HEX}`, "sha256", HEX],
  [`sha512:${HEX}${HEX}`, "sha512", `${HEX}${HEX}`],
])("parseDigest() takes %s apart", (digest, algorithm, hex) => {
  expect(parseDigest(digest)).toEqual({ algorithm, hex });
  expect(isDigest(digest)).toBe(true);
});

test.each([
  ["nothing", ""],
  ["no algorithm", HEX],
  ["an empty algorithm", `:${HEX}`],
  ["an unknown algorithm", `md5:${"0".repeat(32)}`],
  ["a name that every object has", `constructor:${HEX}`],
  ["sha256 with sha512's length", `sha256:${HEX}${HEX}`],
  ["sha512 with sha256's length", `sha512:${HEX}`],
  ["too short", `sha256:${HEX.slice(1)}`],
  ["upper case", `sha256:${HEX.toUpperCase()}`],
  ["an upper-case algorithm", `SHA256:${HEX}`],
  ["no hexadecimal", `sha256:${"g".repeat(64)}`],
  ["a path", `sha256:../../../../../../../../../../../../../../../../../../../../etc/pass`],
  ["a line feed at the end", `sha256:${HEX.slice(1)}\n`],
  ["a line feed behind it", `sha256:${HEX}\n`],
  ["two colons", `sha256::${HEX.slice(1)}`],
])("parseDigest() refuses %s", (_what, digest) => {
  expect(() => parseDigest(digest)).toThrow(expect.objectContaining({ code: "DIGEST_INVALID" }));
  expect(isDigest(digest)).toBe(false);
});

test.each([
  ["sha256", true],
  ["sha512", true],
  ["md5", false],
  ["constructor", false],
  ["", false],
])("isDigestAlgorithm() of %j is %s", (text, expected) => {
  expect(isDigestAlgorithm(text)).toBe(expected);
});

test("parseDigest() does not repeat a huge digest in its message", () => {
  expect(() => parseDigest("x".repeat(1_000_000))).toThrow(/^.{1,300}$/);
});
