import { readFileSync } from "node:fs";
import { exitCodeOfError } from "@airgap-bundle/cli";
import { ERROR_CODES, type ErrorCode } from "@airgap-bundle/core";
import { expect, test } from "vitest";

const DOCUMENT = readFileSync("docs/errors.md", "utf8").split("\n");

test("docs/errors.md has every error code as the code has it", () => {
  const rows = Object.entries(ERROR_CODES).map(
    ([code, { meaning, action }]) =>
      `| \`${code}\` | ${exitCodeOfError(code as ErrorCode)} | ${meaning} | ${action} |`,
  );

  expect(DOCUMENT.filter((line) => line.startsWith("| `"))).toEqual(rows);
});
