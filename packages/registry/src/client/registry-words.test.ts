import { describe, expect, test } from "vitest";
import { cleanWords, readWords } from "./registry-words.ts";

const DIGEST = `sha256:${"1".repeat(64)}`;

describe("readWords()", () => {
  test.each([
    ["nothing", "", undefined, undefined],
    ["null", "null", undefined, undefined],
    ["a list", "[1]", undefined, undefined],
    ["no errors", `{"errors":[]}`, undefined, undefined],
    ["errors that are null", `{"errors":null}`, undefined, undefined],
    ["errors that are none", `{"errors":[null,1]}`, undefined, undefined],
    ["a code in lower case", `{"errors":[{"code":"denied","message":"no"}]}`, "DENIED", "no"],
    ["a code that is a number", `{"errors":[{"code":404,"message":"Not Found"}]}`, "404", "Not Found"],
    ["a text as error", `{"errors":["no such thing"]}`, undefined, "no such thing"],
    ["one error without a list", `{"errors":{"code":"DENIED","message":"no"}}`, "DENIED", "no"],
    ["a message alone", `{"message":"Bad credentials"}`, undefined, "Bad credentials"],
    ["details alone", `{"details":"invalid refresh token"}`, undefined, "invalid refresh token"],
    ["an error alone", `{"error":{"code":1,"message":"down"}}`, undefined, "down"],
    ["a text", "Method not allowed\n", undefined, "Method not allowed"],
    ["a JSON text", `"denied"`, undefined, "denied"],
    ["JSON that breaks off", `{"errors":[`, undefined, `{"errors":[`],
    ["a detail that is a number", `{"errors":[{"code":"A","message":"m","detail":7}]}`, "A", "m"],
    [
      "the reason as detail, as docker's registry",
      `{"errors":[{"code":"MANIFEST_INVALID","message":"manifest invalid","detail":"http: request body too large"}]}`,
      "MANIFEST_INVALID",
      "manifest invalid: http: request body too large",
    ],
    [
      "a page of nginx",
      "<html>\r\n<head><title>413 Request Entity Too Large</title></head>\r\n<body></body></html>",
      undefined,
      "413 Request Entity Too Large",
    ],
    ["a page without title", "<!DOCTYPE html><body><h1 class=x>Error\n 1020</h1>", undefined, "Error 1020"],
    ["a page without anything", "<html></html>", undefined, undefined],
  ])("reads %s", (_what, body, code, message) => {
    expect({ code: undefined, message: undefined, ...readWords(body) }).toMatchObject({ code, message });
  });

  test("takes of several errors the first with a code that says something, and all codes", () => {
    const body = JSON.stringify({
      errors: [
        { code: "UNKNOWN", message: "unknown error" },
        { code: "UNKNOWN", message: "unknown error", detail: {} },
        { code: "MANIFEST_BLOB_UNKNOWN", message: "blob unknown to registry", detail: DIGEST },
      ],
    });

    expect(readWords(body)).toEqual({
      code: "MANIFEST_BLOB_UNKNOWN",
      message: "blob unknown to registry",
      codes: ["UNKNOWN", "UNKNOWN", "MANIFEST_BLOB_UNKNOWN"],
      digests: [DIGEST],
      errors: 3,
    });
  });

  test.each([
    ["a text", DIGEST],
    ["a field", { Digest: DIGEST, Reason: {} }],
    ["deep inside", [{ a: { b: [DIGEST] } }, DIGEST]],
  ])("finds a digest that the detail holds as %s", (_what, detail) => {
    expect(readWords(JSON.stringify({ errors: [{ code: "A", detail }] })).digests).toEqual([DIGEST]);
  });

  test("looks through a detail of any depth and width without end", () => {
    const deep = `${"[".repeat(5000)}${"]".repeat(5000)}`;
    const wide = JSON.stringify(Array.from({ length: 50_000 }, () => ["x"]));

    expect(readWords(`{"errors":[{"code":"A","detail":${deep}}]}`).digests).toEqual([]);
    expect(readWords(`{"errors":[{"code":"A","detail":${wide}}]}`).digests).toEqual([]);
  });
});

test.each([
  ["a\r\n\tb", "a b"],
  ["\u001b[31mred\u001b[0m", "[31mred [0m"],
  ["\u202egnp.exe", "gnp.exe"],
  ["é 漢字 ok", "é 漢字 ok"],
])("cleanWords() of %j is %j", (text, expected) => {
  expect(cleanWords(text)).toBe(expected);
});

test("cleanWords() cuts what is long", () => {
  expect(cleanWords("no ".repeat(1000))).toHaveLength(500);
});

test("readWords() leaves no beginning of a secret that is cut short", () => {
  const body = JSON.stringify({ message: `${"x".repeat(490)} s3cr3t-and-more` });

  expect(readWords(body, ["s3cr3t-and-more"]).message).toMatch(/^x{490} \*{3}$/);
});
