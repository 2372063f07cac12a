import { BundleError, describeCauses } from "@airgap-bundle/core";
import { expect, test } from "vitest";
import { AnswerError, lineOf } from "./answer-error.ts";
import { NO_WORDS } from "./registry-words.ts";

const ORIGIN = "https://r.io";

test.each([
  ["a path", "/v2/app/blobs/uploads/1?_state=SECRET"],
  ["a whole URL", "https://r.io/v2/app/blobs/uploads/1?_state=SECRET#SECRET"],
  ["a URL with a login", "https://ada:SECRET@r.io/v2/app/blobs/uploads/1"],
])("lineOf() keeps of %s what is no secret", (_what, url) => {
  expect(lineOf({ method: "PATCH", url }, ORIGIN)).toEqual({
    method: "PATCH",
    url: "https://r.io/v2/app/blobs/uploads/1",
  });
});

test("AnswerError is told without the query of its URL, which may be signed", () => {
  const line = lineOf({ method: "PUT", url: "/v2/app/blobs/uploads/1?_state=SECRET" }, ORIGIN);
  const cause = new AnswerError(line, { status: 500, words: NO_WORDS });

  expect(describeCauses(new BundleError("UNAVAILABLE", "Cannot push it", { cause }))).toEqual([
    "PUT https://r.io/v2/app/blobs/uploads/1 answered 500",
  ]);
});
