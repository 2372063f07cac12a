import { describe, expect, test } from "vitest";
import { type ParsedSelection, parseSelection } from "./parse-selection.ts";

function parse(text: string, environment: Record<string, string> = {}): ParsedSelection {
  return parseSelection(text, { environment });
}

/** A selection of one task without mappings; its source starts in line 4. */
function withSource(source: string): string {
  return `tasks:\n- name: t\n  source:\n    ${source.replaceAll("\n", "\n    ")}\n`;
}

function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}

describe("parseSelection() never shows an auth", () => {
  test.each([
    "auth: user:s3cret",
    'auth: "s3cret\\."',
    "auth: >s3cret",
    "auth: @s3cret",
    "auth: *s3cret",
    "auth: {s3cret}",
    "auth: {s3cret: s3cret}",
    "auth: [s3cret]",
    "auth: 's3cret' s3cret",
    `auth: ${base64("s3cret")}`,
    `auth: '{"password":"s3cret"}'`,
  ])("in %j", (line) => {
    const { problems, warnings } = parse(withSource(`registry: a\n${line}`));

    expect(problems.length + warnings.length).toBeGreaterThan(0);
    expect(JSON.stringify([problems, warnings])).not.toMatch(new RegExp(`s3cret|${base64("s3cret")}`));
  });
});

test("parseSelection() reads auth-refresh of ECR registries, as a wish for a login", () => {
  const ecr = parse(withSource("registry: 1.dkr.ecr.eu-west-1.amazonaws.com\nauth-refresh: 10h"));
  const other = parse(withSource("registry: public.ecr.aws"));

  expect(ecr.selection?.tasks[0]?.source).toMatchObject({ authRefresh: true });
  expect(other.selection?.tasks[0]?.source).not.toHaveProperty("authRefresh");
});

describe("parseSelection() reads auth", () => {
  const json = JSON.stringify({ username: "robot$ci", password: '50%off"\\' });
  const credentials = { username: "robot$ci", password: '50%off"\\' };

  test.each([
    ["JSON", base64(json)],
    ["JSON with a line end", base64(`${json}\n`)],
    [
      "JSON with keys in any case",
      base64(json.replace("username", "UserName").replace("password", "PASSWORD")),
    ],
    ["USER:PASSWORD", base64('robot$ci:50%off"\\')],
    ["USER:PASSWORD with a line end", base64('robot$ci:50%off"\\\n')],
    ["wrapped base64", base64(json).replace(/(.{10})/g, "$1\n      ")],
  ])("as %s", (_, auth) => {
    const { selection, problems, warnings } = parse(withSource(`registry: a\nauth: ${auth}`));

    expect([...problems, ...warnings]).toEqual([]);
    expect(selection?.tasks[0]?.source.auth).toEqual({ kind: "inline", credentials });
  });

  test.each([
    ["none", { kind: "none" }],
    ["''", undefined],
    ["", undefined],
  ])("%j", (auth, expected) => {
    expect(parse(withSource(`registry: a\nauth: ${auth}`)).selection?.tasks[0]?.source.auth).toEqual(
      expected,
    );
  });

  test.each([
    [
      "a value",
      { TOKEN: base64("u:p") },
      { kind: "environment", variable: "TOKEN", credentials: { username: "u", password: "p" } },
      [],
    ],
    ["none", { TOKEN: "none" }, { kind: "none" }, []],
    ["nothing", {}, { kind: "environment", variable: "TOKEN" }, ["VARIABLE_UNSET"]],
    ["an empty value", { TOKEN: "" }, { kind: "environment", variable: "TOKEN" }, ["VARIABLE_UNSET"]],
    ["no base64", { TOKEN: "s3cret!" }, { kind: "environment", variable: "TOKEN" }, ["VARIABLE_MALFORMED"]],
    [
      "no credentials",
      { TOKEN: base64("s3cret") },
      { kind: "environment", variable: "TOKEN" },
      ["VARIABLE_MALFORMED"],
    ],
  ])("from a variable that holds %s", (_, environment, expected, codes) => {
    const { selection, warnings } = parse(withSource("registry: a\nauth: $".concat("{TOKEN}")), environment);

    expect(selection?.tasks[0]?.source.auth).toEqual(expected);
    expect(warnings.map(({ code }) => code)).toEqual(codes);
    expect(JSON.stringify(warnings)).not.toContain("s3cret");
  });

  test.each(["{}", '{"auth":"abc"}', '{"username":1}', "no colon", ":password only"])(
    "and warns of base64 of %j, which has no credentials",
    (content) => {
      const { selection, warnings } = parse(withSource(`registry: a\nauth: ${base64(content)}`));

      expect(selection?.tasks[0]?.source.auth).toEqual({ kind: "none" });
      expect(warnings).toMatchObject([{ code: "AUTH_WITHOUT_CREDENTIALS", line: 5, column: 11 }]);
    },
  );

  test.each(["abc", "YWJj-_==", "YQ"])("and refuses %j, which is no base64", (auth) => {
    expect(parse(withSource(`registry: a\nauth: '${auth}'`)).problems).toMatchObject([
      { code: "AUTH_INVALID" },
    ]);
  });
});
