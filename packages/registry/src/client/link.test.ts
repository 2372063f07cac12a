import { expect, test } from "vitest";
import { nextPage } from "./link.ts";

const PATH = "/v2/team/app/tags/list";
const CURRENT = `https://r.io${PATH}?n=1000`;

test.each([
  ["a path", `</v2/team/app/tags/list?last=b&n=2>; rel="next"`, "?last=b&n=2"],
  ["a query alone", `<?last=b&n=2>; rel="next"`, "?last=b&n=2"],
  ["a relative path", `<list?last=b&n=2>; rel="next"`, "?last=b&n=2"],
  ["a URL", `<https://r.io/v2/team/app/tags/list?last=b>; rel="next"`, "?last=b"],
  ["another scheme and host", `<http://proxy.internal:8080/v2/x/tags/list?last=b>; rel="next"`, "?last=b"],
  [
    "a path without the repository key",
    `</v2/app/tags/list?last=10000&n=10000>; rel="next"`,
    "?last=10000&n=10000",
  ],
  [
    "a token of its own kind",
    `</v2/team/app/tags/list?next_page=gAAA%3D&n=50>; rel="next"`,
    "?next_page=gAAA%3D&n=50",
  ],
  ["no quotes", "<?a>; rel=next", "?a"],
  ["no blanks", `<?a>;rel="next"`, "?a"],
  ["upper case", `<?a>; REL="NEXT"`, "?a"],
  ["other parameters", `<?a>; title="x"; rel="next"; type="y"`, "?a"],
  ["several relations", `<?a>; rel="last next"`, "?a"],
  ["several links", `<?a>; rel="prev", <?b>; rel="next", <?c>; rel="last"`, "?b"],
  ["several headers", [`<?a>; rel="prev"`, `<?b>; rel="next"`], "?b"],
  ["escapes", "<?last=b%2Bc>; rel=next", "?last=b%2Bc"],
  ["no query", "</v2/>; rel=next", ""],
])("nextPage() reads %s", (_what, header, query) => {
  expect(nextPage(header, CURRENT)).toBe(`${PATH}${query}`);
});

test.each([
  ["another relation", `<?a>; rel="prev"`],
  ["a relation that only begins so", `<?a>; rel="nextish"`],
  ["no relation", "<?a>"],
  ["a URL that is none", `<http://[>; rel="next"`],
  ["nothing", ""],
  ["no header", undefined],
])("nextPage() finds none in %s", (_what, header) => {
  expect(nextPage(header, CURRENT)).toBeUndefined();
});

test.each([
  ["http://r.io/v2/team/app/tags/list?last=b", ["http://r.io"]],
  ["https://registry:5000/v2/team/app/tags/list?last=b", ["https://registry:5000"]],
  ["https://r.io:443/v2/team/app/tags/list?last=b", []],
])("nextPage() tells the host of %s if it is foreign", (target, expected) => {
  const told: string[] = [];

  nextPage(`<${target}>; rel="next"`, CURRENT, (host) => told.push(host));

  expect(told).toEqual(expected);
});
