import type { ErrorCode } from "@airgap-bundle/core";
import { expect, test } from "vitest";
import { exitCodeOf, exitCodeOfError } from "./exit-codes.ts";

test.each<[number, ErrorCode]>([
  [1, "CONNECTION_FAILED"],
  [1, "NO_SPACE"],
  [1, "UNEXPECTED"],
  [2, "USAGE"],
  [2, "SELECTION_INVALID"],
  [2, "OUTPUT_EXISTS"],
  [3, "DIGEST_INVALID"],
  [3, "BUNDLE_INVALID"],
  [4, "TOOMANYREQUESTS"],
  [5, "UNAUTHORIZED"],
  [5, "DENIED"],
  [130, "INTERRUPTED"],
])("exitCodeOfError() is %d for %s", (expected, code) => {
  expect(exitCodeOfError(code)).toBe(expected);
});

test.each<[number, ErrorCode[]]>([
  [0, []],
  [1, ["MANIFEST_UNKNOWN"]],
  [1, ["PLATFORM_UNKNOWN"]],
  [1, ["TOOMANYREQUESTS", "DENIED"]],
  [1, ["TOOMANYREQUESTS", "MANIFEST_UNKNOWN"]],
  [3, ["TOOMANYREQUESTS", "DIGEST_INVALID"]],
  [4, ["TOOMANYREQUESTS", "TOOMANYREQUESTS"]],
  [5, ["UNAUTHORIZED", "DENIED"]],
  [130, ["INTERRUPTED", "DIGEST_INVALID"]],
])("exitCodeOf() is %d for images that failed with %j", (expected, codes) => {
  expect(exitCodeOf(codes)).toBe(expected);
});
