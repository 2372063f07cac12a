import { readFileSync } from "node:fs";
import { exitCodeOfError } from "@airgap-bundle/cli";
import {
  ERROR_CODES,
  type ErrorCode,
  SELECTION_PROBLEMS,
  SELECTION_WARNINGS,
  WARNING_CODES,
} from "@airgap-bundle/core";
import { expect, test } from "vitest";

const DOCUMENT = readFileSync("docs/errors.md", "utf8");

type Table = Readonly<Record<string, { readonly meaning: string; readonly action: string }>>;

/** The rows of the table below a heading. */
function rowsBelow(heading: string): readonly string[] {
  const [, below = ""] = DOCUMENT.split(`\n## ${heading}\n`);
  const [own = ""] = below.split("\n## ");
  return own.split("\n").filter((line) => line.startsWith("| `"));
}

test("docs/errors.md has every error code as the code has it", () => {
  const rows = Object.entries(ERROR_CODES).map(
    ([code, { meaning, action }]) =>
      `| \`${code}\` | ${exitCodeOfError(code as ErrorCode)} | ${meaning} | ${action} |`,
  );

  expect(rowsBelow("Errors")).toEqual(rows);
});

test.each<[string, Table]>([
  ["Warnings", WARNING_CODES],
  ["Problems of a selection", SELECTION_PROBLEMS],
  ["Warnings of a selection", SELECTION_WARNINGS],
])("docs/errors.md has all %s as the code has them", (heading, table) => {
  const rows = Object.entries(table).map(
    ([code, { meaning, action }]) => `| \`${code}\` | ${meaning} | ${action} |`,
  );

  expect(rowsBelow(heading)).toEqual(rows);
});
