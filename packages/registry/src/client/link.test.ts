import { expect, test } from "vitest";
import { nextPage } from "./link.ts";

const CURRENT = "https://r.io/v2/team/app/tags/list?n=1000";

test.each([
  ["a path", `</v2/team/app/tags/list?last=b&n=2>; rel="next"`, "/v2/team/app/tags/list?last=b&n=2"],
  ["a query alone", `<?last=b&n=2>; rel="next"`, "/v2/team/app/tags/list?last=b&n=2"],
  ["a URL", `<https://r.io/v2/x/tags/list?last=b>; rel="next"`, "/v2/x/tags/list?last=b"],
  [
    "another scheme and host",
    `<http://proxy.internal:8080/v2/x/tags/list?last=b>; rel="next"`,
    "/v2/x/tags/list?last=b",
  ],
  ["no quotes", "</a>; rel=next", "/a"],
  ["no blanks", `</a>;rel="next"`, "/a"],
  ["upper case", `</a>; REL="NEXT"`, "/a"],
  ["other parameters", `</a>; title="x"; rel="next"; type="y"`, "/a"],
  ["several relations", `</a>; rel="last next"`, "/a"],
  ["several links", `</a>; rel="prev", </b>; rel="next", </c>; rel="last"`, "/b"],
  ["escapes", "</a?last=b%2Bc>; rel=next", "/a?last=b%2Bc"],
  ["another relation", `</a>; rel="prev"`, undefined],
  ["a relation that only begins so", `</a>; rel="nextish"`, undefined],
  ["no relation", "</a>", undefined],
  ["a URL that is none", `<http://[>; rel="next"`, undefined],
  ["nothing", "", undefined],
  ["no header", undefined, undefined],
])("nextPage() reads %s", (_what, header, expected) => {
  expect(nextPage(header, CURRENT)).toBe(expected);
});
