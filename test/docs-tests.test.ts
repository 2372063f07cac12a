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
