import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseContentRange, parseRange } from "./range.ts";

describe("parseRange()", () => {
  test("gives a part of the blob, nothing, or all of it, whatever is asked for", () => {
    const bound = fc.oneof(fc.nat().map(String), fc.constant(""), fc.string());
    fc.assert(
      fc.property(bound, bound, fc.nat(), (first, last, size) => {
        const range = parseRange(`bytes=${first}-${last}`, size);
        if (range === undefined || range === "unsatisfiable") return;
        expect(range.start).toBeGreaterThanOrEqual(0);
        expect(range.end).toBeGreaterThanOrEqual(range.start);
        expect(range.end).toBeLessThan(size);
      }),
    );
  });

  test("gives what a closed range within the blob names", () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(), fc.nat(), (start, length, rest) => {
        const end = start + length;

        expect(parseRange(`bytes=${start}-${end}`, end + 1 + rest)).toEqual({ start, end });
      }),
    );
  });
});

test("parseContentRange() reads START-END in this order and nothing else", () => {
  fc.assert(
    fc.property(fc.nat(), fc.nat(), fc.string(), (start, end, text) => {
      const expected = end < start ? undefined : { start, end };

      expect(parseContentRange(`${start}-${end}`)).toEqual(expected);
      if (!/^[0-9]+-[0-9]+$/.test(text)) expect(parseContentRange(text)).toBeUndefined();
    }),
  );
});
