import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseStrictJson } from "./parse-json.ts";

const parse = (text: string): unknown => parseStrictJson(Buffer.from(text));

/** What `JSON.parse` gives, or undefined. */
function parseLoosely(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

describe("parseStrictJson()", () => {
  test("reads what JSON.stringify writes, and nothing that JSON.parse refuses", () => {
    const pieces = fc.array(fc.constantFrom(...'{}[]:,"\\', '"a"', "1", " ", "null", '\\"', "\\u0061"), {
      maxLength: 20,
    });
    fc.assert(
      fc.property(
        fc.oneof(
          fc.json({ maxDepth: 5 }),
          pieces.map((parts) => parts.join("")),
        ),
        (text) => {
          try {
            expect(parse(text)).toEqual(parseLoosely(text));
          } catch (error) {
            expect(error).toBeInstanceOf(SyntaxError);
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  test.each([
    ["a byte order mark", "\ufeff{}", "not JSON"],
    ["a key twice", '{"a":1,"b":{"a":2},"a":3}', 'two keys "a"'],
    ["a key twice, once escaped", '{"digest":1,"\\u0064igest":2}', 'two keys "digest"'],
    ["lists in lists", "[".repeat(65), "nested more than 64"],
    [
      "an object of very many keys",
      `{${Array.from({ length: 2_000_001 }, (_, i) => `"${i}":0`)}}`,
      "2000000 keys",
    ],
    ["a string that does not end", '{"a', "not JSON"],
  ])("refuses %s", (_, text, message) => {
    expect(() => parse(text)).toThrow(message);
  });

  test("refuses very many values before it makes them", () => {
    expect(() => parse(`[${"[],".repeat(4_100_000)}0]`)).toThrow("8000000 values");
  });

  test("refuses what is not UTF-8", () => {
    expect(() => parseStrictJson(Buffer.of(0x22, 0xff, 0x22))).toThrow("not UTF-8");
  });
});
