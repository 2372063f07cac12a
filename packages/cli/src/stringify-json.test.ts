import { expect, test } from "vitest";
import { stringifyJson } from "./stringify-json.ts";

test("stringifyJson() indents with two blanks", () => {
  expect(stringifyJson({ images: [1] })).toBe('{\n  "images": [\n    1\n  ]\n}');
});

test("stringifyJson() escapes what could steer a terminal and keeps the value", () => {
  const document = { message: "\u001b[2J \u009b2J \u202e \u{e0001} é" };

  const text = stringifyJson(document);

  expect(text).toContain("\\u001b[2J \\u009b2J \\u202e \\udb40\\udc01 é");
  expect(JSON.parse(text)).toEqual(document);
});
