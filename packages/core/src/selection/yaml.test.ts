import { describe, expect, test } from "vitest";
import { type ParsedSelection, parseSelection } from "./parse-selection.ts";

function parse(text: string): ParsedSelection {
  return parseSelection(text, { environment: {} });
}

/** A selection of one task with one mapping; the mapping starts in line 6. */
function withMapping(mapping: string): string {
  return `tasks:\n- name: t\n  source:\n    registry: a\n  mappings:\n  - ${mapping.replaceAll("\n", "\n    ")}\n`;
}

describe("parseSelection() reads YAML as dregsy does", () => {
  test("keeps the text of scalars", () => {
    const { selection } = parse(withMapping("from: a\ntags: [1.10, 3.20, 8, 1e3, 010, 2023-01-02, yes]"));

    expect(selection?.tasks[0]?.mappings[0]?.tags).toEqual([
      "1.10",
      "3.20",
      "8",
      "1e3",
      "010",
      "2023-01-02",
      "yes",
    ]);
  });

  test.each([
    ["0b111100", 60],
    ["6e1", 60],
    ["60.9", 60],
    ["089", 89],
    ["+60", 60],
    ["0x3C", 60],
  ])("interval: %s is %i", (interval, expected) => {
    const { selection } = parse(`tasks: [{name: t, interval: ${interval}, source: {registry: a}}]`);

    expect(selection?.tasks[0]?.intervalSeconds).toBe(expected);
  });

  test.each(["'60'", "6h", "0x", "1e400", ".inf", "9223372036854775808"])(
    "interval: %s is refused",
    (interval) => {
      const { problems } = parse(`tasks: [{name: t, interval: ${interval}, source: {registry: a}}]`);

      expect(problems.map(({ code }) => code)).toEqual(["TYPE_INVALID"]);
    },
  );

  test.each(["2 h", "1d", "h", "'90'", "1h30"])("cacheDuration: %s is refused", (duration) => {
    expect(parse(`lister: {cacheDuration: ${duration}}`).problems).toMatchObject([{ code: "TYPE_INVALID" }]);
  });

  test.each(["90", "-1", "1h30m", "1.5h", "'2h'", "-5m", "0", "100ms"])(
    "cacheDuration: %s is read",
    (duration) => {
      expect(parse(`lister: {cacheDuration: ${duration}}`).problems).toEqual([]);
    },
  );

  test("merges the maps of a key that comes by << and again", () => {
    const text =
      "x-b: &b {target: {registry: d}}\ntasks:\n- <<: *b\n  name: n\n  source: {registry: s}\n  target: {skip-tls-verify: true}\n";

    expect(parse(text).selection?.tasks[0]?.target).toEqual({ registry: "d", skipTlsVerify: true });
  });

  test("takes the first of several merged maps, and the later of a key and a merged one", () => {
    const text =
      "x: [&a {name: a}, &b {name: b}]\ntasks:\n- {<<: [*a, *b], source: {registry: s}}\n- {name: n, <<: *b, source: {registry: s}}\n";

    expect(parse(text).selection?.tasks.map(({ name }) => name)).toEqual(["a", "b"]);
  });

  test("keeps the line of a mapping and what it says, as written", () => {
    const { selection } = parse(withMapping("from: /a/b\nto: c\nplatform: linux/arm64\ntags: [' latest ']"));

    expect(selection?.tasks[0]?.mappings[0]).toMatchObject({
      from: "/a/b",
      to: "c",
      platforms: ["linux/arm64"],
      tags: [" latest "],
      line: 6,
    });
  });
});
