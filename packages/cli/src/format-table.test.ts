import { expect, test } from "vitest";
import { formatTable } from "./format-table.ts";

test("formatTable() aligns columns and leaves no blanks at the ends", () => {
  const lines = formatTable([["registry", "needed", "left"], ["docker.io", "7", ""], ["ghcr.io"]]);

  expect(lines).toEqual(["registry   needed  left", "docker.io  7", "ghcr.io"]);
});

test("formatTable() puts numbers under each other", () => {
  const lines = formatTable(
    [
      ["a", "9", "x"],
      ["b", "1024", "y"],
    ],
    { alignRight: [1] },
  );

  expect(lines).toEqual(["a     9  x", "b  1024  y"]);
});

test("formatTable() makes nothing of nothing", () => {
  expect(formatTable([])).toEqual([]);
});
