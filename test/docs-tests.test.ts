import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";

const DOCUMENTS = ["docs/faults.md", "docs/hostile-input.md", "docs/registries.md"];

/** The last cell of each row of the tables: `` `FILE` "WORDS" ``, several of them with a comma between. */
const ROWS = DOCUMENTS.flatMap((document) =>
  readFileSync(document, "utf8")
    .split("\n")
    .filter((line) => /^\| (?!behaviour|input|code|number)/.test(line))
    .map((line) => ({ document, line, cell: line.split(" | ").at(-1) ?? "" })),
);

/** The numbers of faults.md, and of decisions that rule one out: a row must not go unnoticed. */
const FAULTS = [range(1, 10), range(43, 49), range(56, 82), range(103, 120)].flat();

function range(first: number, last: number): readonly number[] {
  return Array.from({ length: last - first + 1 }, (_, nth) => first + nth);
}

function numbersIn(document: string, pattern: RegExp): readonly number[] {
  return [...readFileSync(document, "utf8").matchAll(pattern)].map(([, number]) => Number(number));
}

test("each fault is a row of faults.md, or ruled out by a decision that names it", () => {
  const rows = numbersIn("docs/faults.md", /^\| (\d+) \|/gm);
  const decisions = numbersIn("docs/decisions.md", /^\| [^|]+\(row (\d+)\) \|/gm);

  expect([...rows, ...decisions].toSorted((a, b) => a - b)).toEqual(FAULTS);
});

describe("the tables that name tests", () => {
  test.each(ROWS)("$document: $line", ({ cell }) => {
    const named = [...cell.matchAll(/`([^`]+)` "([^"]+)"/g)];

    expect(named, "a row names at least one test").not.toEqual([]);
    for (const [, file = "", words = ""] of named) {
      expect(existsSync(file), file).toBe(true);
      expect(readFileSync(file, "utf8"), file).toContain(words);
    }
  });

  const numbered = ROWS.filter(({ document }) => document === "docs/faults.md");
  test.each(numbered)("the tests of $line have its number", ({ line, cell }) => {
    const [, number] = /^\| (\d+) /.exec(line) ?? [];
    const named = [...cell.matchAll(/`[^`]+\.test\.ts` "([^"]+)"/g)];

    const words = named.map(([, text]) => text);
    expect(words).toContainEqual(expect.stringMatching(new RegExp(`^rows? (?:\\d+ and )?${number}\\b`)));
  });
});
