import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseChallenges } from "./challenge.ts";
import { nextPage } from "./link.ts";

const PAGE = "https://r.io/v2/team/app/tags/list?n=100";

/** Text that is nearly a header: pieces of the grammar in any order. */
const nearlyHeader = fc
  .array(
    fc.oneof(
      fc.constantFrom(...'<>;,="\\ \t'.split("")),
      fc.constantFrom("rel", "next", "Bearer", "Basic"),
      fc.string(),
    ),
  )
  .map((pieces) => pieces.join(""));

describe("nextPage()", () => {
  test("never leaves the path of the page, whatever the header says", () => {
    fc.assert(
      fc.property(fc.oneof(nearlyHeader, fc.webUrl(), fc.string()), (text) => {
        for (const header of [text, `<${text}>; rel="next"`, [text, `<${text}>; rel=next`]]) {
          const next = nextPage(header, PAGE);
          if (next !== undefined) expect(next.split("?", 1)).toEqual(["/v2/team/app/tags/list"]);
        }
      }),
    );
  });

  test("finds the query of any link among others", () => {
    fc.assert(
      fc.property(fc.webPath(), fc.webQueryParameters(), (path, query) => {
        const header = `<${path}>; rel="prev", </x${path}?${query}>; title="a, b"; rel="next"`;
        const { search } = new URL(`/x?${query}`, PAGE);

        expect(nextPage(header, PAGE)).toBe(`/v2/team/app/tags/list${search}`);
      }),
    );
  });
});

describe("parseChallenges()", () => {
  test("reads any text to an end", () => {
    fc.assert(
      fc.property(nearlyHeader, (header) => {
        for (const { scheme } of parseChallenges(header)) expect(scheme).toBe(scheme.toLowerCase());
      }),
    );
  });

  test("reads back what was written, commas and quotes within values included", () => {
    const token = fc.stringMatching(/^[A-Za-z][A-Za-z0-9-]{0,8}$/);
    const parameters = fc.uniqueArray(fc.tuple(token, fc.string({ minLength: 1 })), {
      selector: ([name]) => name.toLowerCase(),
      minLength: 1,
    });
    fc.assert(
      fc.property(fc.array(fc.tuple(token, parameters)), (challenges) => {
        const header = challenges
          .map(
            ([scheme, list]) =>
              `${scheme} ${list.map(([name, value]) => `${name}=${quote(value)}`).join(", ")}`,
          )
          .join(", ");

        expect(parseChallenges(header).map(({ scheme, parameters: read }) => [scheme, [...read]])).toEqual(
          challenges.map(([scheme, list]) => [
            scheme.toLowerCase(),
            list.map(([name, value]) => [name.toLowerCase(), value]),
          ]),
        );
      }),
    );
  });
});

function quote(value: string): string {
  return `"${value.replace(/["\\]/g, "\\$&")}"`;
}
