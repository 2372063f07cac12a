import { describe, expect, test } from "vitest";
import { dregsyVectors } from "../../../../test/vectors/dregsy.ts";
import { needsTagList, selectTags } from "./select-tags.ts";
import { parseTagFilter, type TagFilter } from "./tag-filter.ts";

const HEX = "1d8a02c7a89283870e8dd6bb93dc66bc258e294491a6bbeb193a044ed88773ea";

/** Where we differ from dregsy's answers, why, and what ours are. */
const DIFFERENCES: ReadonlyMap<string, readonly [reason: string, names: readonly string[]]> = new Map([
  ["dup-verbatim-and-semver", ["a tag is taken once", ["1.0.0", "1.1.0"]]],
  ["dup-verbatim-twice", ["a tag is taken once", ["a"]]],
  [
    "semver-23",
    [
      "1.* goes to npm's parser",
      [" 1.2.6", "01.02.03", "1.0.0", "1.0.0-alpine", "1.0.1", "1.2.3", "1.3", "v1.2.4"],
    ],
  ],
  ["semver-25", ["~1.2.3 goes to npm's parser", [" 1.2.6", "01.02.03", "1.2.3", "v1.2.4"]]],
  [
    "semver-29",
    [
      ">=1 goes to npm's parser",
      [
        " 1.2.6",
        "01.02.03",
        "1.0.0",
        "1.0.0-alpine",
        "1.0.1",
        "1.2.3",
        "1.3",
        "2",
        "2.0.0",
        "2.0.0-rc.1",
        "2.0.0-rc1",
        "3.0.0+b1",
        "v1.2.4",
      ],
    ],
  ],
]);

function parse(items: readonly string[]): TagFilter {
  const { filter, problems } = parseTagFilter(items);
  if (filter === undefined) throw new Error(problems.map(({ message }) => message).join("; "));
  return filter;
}

function select(items: readonly string[], tags: readonly string[]): readonly string[] {
  return selectTags(parse(items), tags).map(({ reference: { tag, digest } }) =>
    [tag, digest].filter((part) => part !== undefined).join("@"),
  );
}

const same = dregsyVectors.tagset.filter(({ id }) => !DIFFERENCES.has(id));

describe("selectTags() answers as dregsy does", () => {
  test("but for the named differences", () => {
    expect(same.length).toBe(dregsyVectors.tagset.length - DIFFERENCES.size);
    expect(same.length).toBeGreaterThan(70);
  });

  test.each(same.filter(({ expected }) => expected !== undefined))(
    "$id",
    ({ filter, tags, expected, lists }) => {
      expect(select(filter, tags)).toEqual(expected);
      expect(needsTagList(parse(filter))).toBe(lists);
    },
  );

  test.each(same.filter(({ anyOf }) => anyOf !== undefined))(
    "$id, where dregsy has several answers",
    (vector) => {
      expect(vector.anyOf).toContainEqual(select(vector.filter, vector.tags));
    },
  );

  test.each(same.filter(({ error, crash }) => error !== undefined || crash === true))(
    "$id, refused",
    ({ filter }) => {
      expect(parseTagFilter(filter).filter).toBeUndefined();
      expect(parseTagFilter(filter).problems).toMatchObject([{ code: "TAGS_INVALID" }]);
    },
  );

  test.each(dregsyVectors.tagset.filter(({ id }) => DIFFERENCES.has(id)))(
    "$id differs",
    ({ id, filter, tags }) => {
      expect(select(filter, tags)).toEqual(DIFFERENCES.get(id)?.[1]);
    },
  );
});

describe("selectTags()", () => {
  test("names the first item that matches, or all tags", () => {
    const filter = parse(["regex: 1.*", "  1.0.0 ", "semver: >=1.0.0"]);

    expect(selectTags(filter, ["1.0.0", "2.0.0"])).toEqual([
      { reference: { tag: "1.0.0" }, selectedBy: "regex: 1.*" },
      { reference: { tag: "2.0.0" }, selectedBy: "semver: >=1.0.0" },
    ]);
    expect(selectTags(parse(["keep: a.*"]), ["ab", "b"])).toEqual([
      { reference: { tag: "ab" }, selectedBy: "all tags" },
    ]);
    expect(selectTags(parse(["x"]), [])).toEqual([{ reference: { tag: "x" }, selectedBy: "x" }]);
  });

  test("gives digests with the tag that names them, if any", () => {
    const filter = parse([`sha256:${HEX}`, `1.0@sha256:${HEX}`, ":latest"]);

    expect(selectTags(filter, []).map(({ reference }) => reference)).toEqual([
      { tag: "1.0", digest: `sha256:${HEX}` },
      { tag: "latest" },
      { digest: `sha256:${HEX}` },
    ]);
  });

  test("removes duplicates before it counts", () => {
    expect(
      select(["1.2.0", "semver: >=1.0.0", "keep: latest 2"], ["1.0.0", "1.1.0", "1.2.0", "1.2.0"]),
    ).toEqual(["1.1.0", "1.2.0"]);
  });

  test("takes the bytewise greater of equal versions", () => {
    expect(select(["semver: >=1.0.0", "keep: latest 1"], ["1.36.0", "1.36", "v1.36.0"])).toEqual(["v1.36.0"]);
  });

  test("does not look at the tags if none is to be listed", () => {
    const filter = parse(["1.0.0", "keep: latest 5"]);

    expect(needsTagList(filter)).toBe(false);
    expect(selectTags(filter, ["2.0.0"]).map(({ reference }) => reference.tag)).toEqual(["1.0.0"]);
  });

  test("changes neither its filter nor the tags", () => {
    const tags = Object.freeze(["2.0.0", "1.0.0"]);

    expect(select([], tags)).toEqual(["1.0.0", "2.0.0"]);
    expect(tags).toEqual(["2.0.0", "1.0.0"]);
  });
});
