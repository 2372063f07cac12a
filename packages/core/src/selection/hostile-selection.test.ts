import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseSelection } from "./parse-selection.ts";

/** What gives YAML its structure, and what filters and registries are written with. */
const PIECES = [
  ..."\n \t:-?[]{},&*!|>'\"%@`#~<",
  "\n  ",
  "- ",
  ": ",
  "&a ",
  "*a",
  "<<: ",
  "--- ",
  "tasks:",
  "name: x",
  "source: {registry: a.io}",
  "mappings:",
  "from: regex:(",
  "tags: ['semver: >=1 <2']",
  "\u0000",
  "\u001b",
  "\ud800",
];

const parse = (text: string): ReturnType<typeof parseSelection> => parseSelection(text, { environment: {} });

/** Anchors of which each names the one before it several times: nine levels would be a billion values. */
function makeAliases(levels: number, refer: (name: string) => string): string {
  return Array.from(
    { length: levels },
    (_, i) => `x${i}: &a${i} ${i === 0 ? "{k: v}" : refer(`*a${i - 1}`)}\n`,
  ).join("");
}

describe("parseSelection() ends, and tells instead of throwing,", () => {
  test("for any text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 300 }), (text) => {
        const { selection, problems } = parse(text);
        expect(selection === undefined).toBe(problems.length > 0);
      }),
      { numRuns: 100 },
    );
  });

  test("for any text made of YAML's own pieces", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...PIECES), { maxLength: 60 }), (pieces) => {
        const { selection, problems } = parse(pieces.join(""));
        expect(selection === undefined).toBe(problems.length > 0);
        for (const { line, column } of problems) expect(Math.min(line, column)).toBeGreaterThan(0);
      }),
      { numRuns: 250 },
    );
  });

  test("for any scalar in place of a value", () => {
    const key = fc.constantFrom(
      "name",
      "interval",
      "verbose",
      "from",
      "to",
      "platform",
      "tags",
      "source",
      "target",
    );
    fc.assert(
      fc.property(key, fc.string({ unit: "binary", maxLength: 40 }), (field, value) => {
        const text = JSON.stringify({ tasks: [{ name: "x", source: { registry: "a.io" }, [field]: value }] });
        const { selection, problems } = parse(text);
        expect(selection === undefined).toBe(problems.length > 0);
      }),
      { numRuns: 300 },
    );
  });

  test.each([
    ["[", "["],
    ["- ", "- "],
    ["{a: ", "{a: "],
  ])("for %s without an end", (_, piece) => {
    for (const depth of [101, 1000, 3000, 20_000]) {
      const { problems } = parse(`x: 1\ny:\n  ${piece.repeat(depth)}`);
      expect(problems[0]?.message).toMatch(/nested|flow/i);
    }
  });

  test("for lists in each other, with brackets that close", () => {
    expect(parse(`x: ${"[".repeat(99)}${"]".repeat(99)}`).problems).toEqual([]);
    expect(parse(`x: ${"[".repeat(500)}${"]".repeat(500)}`).problems).toEqual([
      expect.objectContaining({
        code: "SELECTION_TOO_LARGE",
        message: expect.stringContaining("100 levels"),
      }),
    ]);
  });

  test("for a billion laughs: aliases are followed, not copied", () => {
    const bomb = makeAliases(40, (name) => `[${Array.from({ length: 10 }, () => name).join(", ")}]`);

    expect(parse(bomb).problems).toEqual([]);
  });

  test("for merged maps that double with every level", () => {
    const bomb = makeAliases(40, (name) => `{a: 1, <<: [${name}, ${name}]}`);

    expect(parse(bomb).problems).toContainEqual(expect.objectContaining({ code: "SELECTION_TOO_LARGE" }));
  });

  test("for thousands of documents, of which it reads the first", () => {
    const { problems, warnings } = parse("tasks: []\n---\n".repeat(3000));

    expect(problems).toEqual([]);
    expect(warnings.map(({ code }) => code)).toContain("DOCUMENT_IGNORED");
  });

  test("for more than 4 MiB, without parsing them", () => {
    const text = `x: "${"a".repeat(10 * 1024 * 1024)}"`;

    expect(parse(text).problems).toEqual([expect.objectContaining({ code: "SELECTION_TOO_LARGE" })]);
  });

  test("for keys that objects have by birth", () => {
    const { problems, warnings } = parse("__proto__: {tasks: []}\nconstructor: 1\ntoString: 2\ntasks: []\n");

    expect(problems).toEqual([]);
    expect(warnings).toHaveLength(3);
  });
});
