import { expect, test } from "vitest";
import { parseChallenges } from "./challenge.ts";

/** Challenges as plain data. */
function parse(
  headers: string | readonly string[] | undefined,
): (readonly [string, Record<string, string>])[] {
  return parseChallenges(headers).map(({ scheme, parameters }) => [scheme, Object.fromEntries(parameters)]);
}

const DOCKER = {
  realm: "https://auth.docker.io/token",
  service: "registry.docker.io",
  scope: "repository:a/b:pull,push",
};

test.each([
  [
    "one of Docker Hub",
    `Bearer realm="${DOCKER.realm}",service="${DOCKER.service}",scope="${DOCKER.scope}"`,
    [["bearer", DOCKER]],
  ],
  [
    "blanks around commas and signs",
    `Bearer  realm = "r" ,  service="s"  `,
    [["bearer", { realm: "r", service: "s" }]],
  ],
  ["names in other cases", `BASIC Realm="r"`, [["basic", { realm: "r" }]]],
  ["values without quotes", "Bearer realm=r,service=s.io", [["bearer", { realm: "r", service: "s.io" }]]],
  [
    "escapes",
    String.raw`Basic realm="say \"hi\" \\ there"`,
    [["basic", { realm: String.raw`say "hi" \ there` }]],
  ],
  ["an empty value", `Bearer realm=""`, [["bearer", { realm: "" }]]],
  ["a scheme alone", "Negotiate", [["negotiate", {}]]],
  ["a scheme with a token", "Negotiate YWJj=", [["negotiate", {}]]],
  [
    "a scheme that looks like a token before another",
    `Basic, Bearer realm="r"`,
    [
      ["basic", {}],
      ["bearer", { realm: "r" }],
    ],
  ],
  [
    "several in one header, with commas in quotes",
    `Basic realm="a, b", Bearer realm="https://x/a,b",scope="c,d", NTLM`,
    [
      ["basic", { realm: "a, b" }],
      ["bearer", { realm: "https://x/a,b", scope: "c,d" }],
      ["ntlm", {}],
    ],
  ],
  ["an empty header", "", []],
  ["only separators", " , ,, ", []],
  ["what is no challenge", "=,;", []],
  ["what breaks off in quotes", `Bearer realm="https://x`, [["bearer", { realm: "" }]]],
  [
    "what is malformed behind the first",
    `Basic realm="r", "x", Bearer realm="s"`,
    [["basic", { realm: "r" }]],
  ],
  ["a parameter before any scheme", `realm="r"`, []],
])("parseChallenges() reads %s", (_what, header, expected) => {
  expect(parse(header)).toEqual(expected);
});

test("parseChallenges() reads several headers, and none", () => {
  expect(parse([`Basic realm="r"`, `Bearer realm="s"`])).toEqual([
    ["basic", { realm: "r" }],
    ["bearer", { realm: "s" }],
  ]);
  expect(parse(undefined)).toEqual([]);
});

test("parseChallenges() is quick with a hostile header", () => {
  const header = `Bearer ${'realm="'.repeat(20_000)}`;
  const begin = performance.now();

  parseChallenges([
    header,
    `Bearer realm="${"\\".repeat(60_000)}`,
    `Bearer ${"a ".repeat(30_000)}`,
    "=".repeat(60_000),
  ]);

  expect(performance.now() - begin).toBeLessThan(2000);
});
