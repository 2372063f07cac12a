import { expect, test } from "vitest";
import { sanitizeText } from "./sanitize-text.ts";

test.each([
  ["colours", "\u001b[31mred\u001b[0m", "\\u{1b}[31mred\\u{1b}[0m"],
  ["a window title", "\u001b]0;title\u0007", "\\u{1b}]0;title\\u{7}"],
  ["a C1 sequence", "\u009b2J", "\\u{9b}2J"],
  ["a second line", "first\r\nsecond\tthird", "first\\u{d}\\nsecond\\tthird"],
  ["text that runs backwards", "\u202egnp.exe\u2066", "\\u{202e}gnp.exe\\u{2066}"],
  ["what cannot be seen", "a\u200bb\ufeffc", "a\\u{200b}b\\u{feff}c"],
  ["line separators", "a\u2028b\u2029c", "a\\u{2028}b\\u{2029}c"],
  ["half of a pair", "a\ud800b", "a\\u{d800}b"],
])("sanitizeText() escapes %s", (_what, text, expected) => {
  expect(sanitizeText(text)).toBe(expected);
});

test("sanitizeText() leaves letters of every script alone", () => {
  const text = 'ghcr.io/a/b:1.0@sha256:0a, "größer", 测试, עברית, 🎉';

  expect(sanitizeText(text)).toBe(text);
});
