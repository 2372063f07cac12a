import { expect, test } from "vitest";
import { formatSize } from "./format-size.ts";

test.each([
  [0, "0 B"],
  [1023, "1023 B"],
  [1024, "1.0 KiB"],
  [1536, "1.5 KiB"],
  [10 * 1024, "10 KiB"],
  [1024 * 1024 - 1, "1.0 MiB"],
  [340 * 1024 ** 2, "340 MiB"],
  [1.2 * 1024 ** 3, "1.2 GiB"],
  [3 * 1024 ** 4, "3.0 TiB"],
  [5000 * 1024 ** 5, "5000 PiB"],
])("formatSize() writes %d as %s", (size, expected) => {
  expect(formatSize(size)).toBe(expected);
});
