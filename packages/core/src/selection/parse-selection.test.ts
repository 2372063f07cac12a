import { describe, expect, test } from "vitest";
import { type ParsedSelection, parseSelection } from "./parse-selection.ts";

function parse(text: string): ParsedSelection {
  return parseSelection(text, { environment: {} });
}

/** A selection of one task with one mapping; the mapping starts in line 6. */
function withMapping(mapping: string): string {
  return `tasks:\n- name: t\n  source:\n    registry: a\n  mappings:\n  - ${mapping.replaceAll("\n", "\n    ")}\n`;
}

/** A selection of one task without mappings; its source starts in line 4. */
function withSource(source: string): string {
  return `tasks:\n- name: t\n  source:\n    ${source.replaceAll("\n", "\n    ")}\n`;
}

/** A selection with a pattern, whose source stands in line 4 and has this lister. */
function withLister(registry: string, lister: string): string {
  return `${withSource(`registry: ${registry}\nlister: ${lister}`)}  mappings: [{from: 'regex:a/.*'}]\n`;
}

describe("parseSelection() reports problems", () => {
  test.each([
    ["YAML_INVALID", 1, "a: ["],
    ["YAML_INVALID", 2, "tasks:\n\t- a"],
    ["YAML_INVALID", 1, "tasks: *nowhere"],
    ["YAML_INVALID", 2, "x-a: 1\n<<: 7"],
    ["TYPE_INVALID", 1, "just text"],
    ["TYPE_INVALID", 1, "tasks: {}"],
    ["TYPE_INVALID", 1, "watch: 1"],
    ["TYPE_INVALID", 2, "lister:\n  maxItems: many"],
    ["RELAY_INVALID", 1, "relay: splunge"],
    ["RELAY_INVALID", 2, "relay: skopeo\ndockerhost: a"],
    ["TASK_MISSING", 2, "tasks:\n-"],
    ["NAME_MISSING", 2, "tasks:\n- source: {registry: a}"],
    ["INTERVAL_INVALID", 3, "tasks:\n- name: t\n  interval: 29\n  source: {registry: a}"],
    ["SOURCE_MISSING", 2, "tasks:\n- name: t"],
    ["REGISTRY_MISSING", 4, withSource("auth: none")],
    ["PLACEHOLDER", 4, withSource("registry: {registry_address}")],
    ["PLACEHOLDER", 4, withSource("registry: '{registry_address}'")],
    ["PLACEHOLDER", 5, withSource("registry: a\nauth: {Token}")],
    ["PLACEHOLDER", 5, withSource("registry: a\nauth: '{Token}'")],
    ["AUTH_INVALID", 5, withSource("registry: a\nauth: user:secret")],
    ["AUTH_REFRESH_INVALID", 5, withSource("registry: a\nauth-refresh: 1h")],
    ["LISTER_INVALID", 5, withSource("registry: a\nlister: {}")],
    ["MAPPING_MISSING", 6, withMapping("")],
    ["FROM_MISSING", 6, withMapping("to: a")],
    ["FROM_INVALID", 6, withMapping("from: 'regex:('")],
    ["PLACEHOLDER", 6, withMapping("from: 'a/{name}'")],
    ["TO_INVALID", 7, withMapping("from: a\nto: regex:a")],
    ["TO_INVALID", 7, withMapping("from: a\nto: 'regex:(,b'")],
    ["PLACEHOLDER", 7, withMapping("from: a\nto: '{project}/a'")],
    ["TAGS_INVALID", 9, withMapping("from: a\ntags:\n- ok\n- 'semver: 1'")],
    ["TYPE_INVALID", 8, withMapping("from: a\ntags:\n- regex: 1.*")],
    ["PLACEHOLDER", 8, withMapping("from: a\ntags:\n- '{version}'")],
    ["PLACEHOLDER", 6, withMapping("from: '<organisation>/a'")],
    ["PLACEHOLDER", 8, withMapping("from: a\ntags:\n- <version>")],
    ["PLACEHOLDER", 7, withMapping("from: a\nplatform: '{platform}'")],
    ["PLACEHOLDER", 7, withMapping("from: a\nplatforms: [{platform}]")],
    ["PLATFORMS_INVALID", 7, withMapping("from: a\nplatforms: [linux/amd64, foo]")],
    ["PLATFORMS_INVALID", 7, withMapping("from: a\nplatforms: [~]")],
    ["PLATFORMS_INVALID", 8, withMapping("from: a\nplatform: all\nplatforms: [all]")],
    ["PLATFORMS_INVALID", 1, "platforms: [amd64]"],
    ["TYPE_INVALID", 7, withMapping("from: a\nplatforms: linux/amd64")],
    ["TYPE_INVALID", 7, withMapping("from: a\nplatforms: [[linux/amd64]]")],
    ["TYPE_INVALID", 3, "tasks:\n- name: t\n  platforms: all\n  source: {registry: a}"],
    [
      "LISTER_INVALID",
      3,
      `tasks:\n- name: t\n  source: {registry: a, listertype: foo}\n  mappings: [{from: 'regex:a'}]`,
    ],
    ["SELECTION_TOO_LARGE", 1, `# ${"x".repeat(4 * 1024 * 1024)}`],
  ])("%s in line %i: %j", (code, line, text) => {
    const { selection, problems } = parse(text);

    expect(selection).toBeUndefined();
    expect(problems.map((problem) => [problem.code, problem.line])).toEqual([[code, line]]);
  });

  test("all at once, in file order, with line and column", () => {
    const text =
      "relay: x\ntasks:\n- name: t\n  interval: 6h\n  source:\n    registry: {address}\n  mappings:\n  - to: b\n";

    expect(parse(text).problems).toEqual([
      {
        code: "RELAY_INVALID",
        line: 1,
        column: 8,
        message: 'Cannot use relay of the selection: found "x", expected docker or skopeo',
      },
      {
        code: "TYPE_INVALID",
        line: 4,
        column: 13,
        message: 'Cannot use interval of task "t": found "6h", expected a whole number without quotes',
      },
      {
        code: "PLACEHOLDER",
        line: 6,
        column: 15,
        message:
          'Cannot use registry of the source of task "t": it is a placeholder; put the value in its place',
      },
      {
        code: "FROM_MISSING",
        line: 8,
        column: 5,
        message: 'Cannot use mapping 1 of task "t": it has no from path',
      },
    ]);
  });

  test("with the way to write a list where one platform stands alone", () => {
    const [problem] = parse(withMapping("from: a\nplatforms: linux/amd64")).problems;

    expect(problem?.message).toContain("expected a list, such as [linux/amd64, linux/arm64]");
  });

  test("once for a map that two tasks share", () => {
    const text = "tasks:\n- name: a\n  source: &s {auth: '?'}\n- name: b\n  source: *s\n";

    expect(parse(text).problems.map(({ code }) => code)).toEqual(["REGISTRY_MISSING", "AUTH_INVALID"]);
  });

  test.each([
    ["an alias inside of what it names", "tasks: &t [*t]", "YAML_INVALID"],
    ["deep nesting", "[".repeat(20_000), "YAML_INVALID"],
    [
      "merge keys that double",
      `x-0: &a0 {k: v}\n${Array.from({ length: 40 }, (_, i) => `x-${i + 1}: &a${i + 1} {<<: [*a${i}, *a${i}]}`).join("\n")}`,
      "SELECTION_TOO_LARGE",
    ],
    [
      "aliases that multiply",
      `x-m: &m [${"{from: a},".repeat(1000)}]\ntasks: [${"{name: t, source: {registry: a}, mappings: *m},".repeat(1000)}]`,
      "SELECTION_TOO_LARGE",
    ],
  ])("stops at %s", (_, text, code) => {
    expect(parse(text).problems.map((problem) => problem.code)).toContain(code);
  });
});

describe("parseSelection() keeps how repositories are listed", () => {
  test.each([
    ["", 100],
    ["lister: {maxItems: 0}\n", 100],
    ["lister: {maxItems: 1_0}\n", 10],
    ["lister: {maxItems: -1}\n", Number.POSITIVE_INFINITY],
  ])("%j: at most %d", (lister, expected) => {
    expect(parse(`${lister}tasks: []`).selection?.maxRepositories).toBe(expected);
  });

  test.each([
    ["lister: {type: index, search: redis}", { type: "index", search: "redis" }],
    ["lister: {type: catalog}", { type: "catalog" }],
    ["listertype: dockerhub", { type: "dockerhub" }],
    ["listertype: foo", undefined],
    ["lister:", undefined],
  ])("%j", (lister, expected) => {
    const { selection } = parse(withSource(`registry: a\n${lister}`));

    expect(selection?.tasks[0]?.source.lister).toEqual(expected);
  });

  test.each([
    "docker.io",
    "Docker.io/library",
    "index.docker.io",
    "registry-1.docker.io",
    "registry.hub.docker.com",
    "registry.hub.docker.com:443",
  ])("%s is Docker Hub", (registry) => {
    for (const lister of ["{type: dockerhub}", "{type: index, search: redis}"])
      expect(parse(withLister(registry, lister))).toMatchObject({ problems: [], warnings: [] });
  });

  test("a lister of Docker Hub is no problem where nothing is listed", () => {
    const { problems, warnings } = parse(withSource("registry: quay.io\nlister: {type: dockerhub}"));

    expect([...problems, ...warnings]).toEqual([]);
  });
});

describe("parseSelection() shows no password that stands before a registry", () => {
  test.each(["https://joe:s3cret@r.io", "joe:s3cret@r.io/", "joe:s3/cret@r.io"])("%s", (registry) => {
    const { problems, warnings } = parse(withSource(`registry: ${registry}\nauth-refresh: 1h`));

    expect(problems[0]?.message).toContain("***@r.io");
    expect(JSON.stringify([problems, warnings])).not.toMatch(/s3|cret/);
  });
});

describe("parseSelection() warns", () => {
  test.each([
    ["KEY_UNKNOWN", 1, "Watch: true", "did you mean watch?"],
    ["KEY_UNKNOWN", 1, "foo: 1", 'Key "foo" of the selection is unknown and ignored'],
    ["KEY_UNKNOWN", 7, withMapping("from: a\ntoo: b"), "did you mean to?"],
    ["KEY_UNKNOWN", 5, withSource("registry: a\nskipTlsVerify: true"), "did you mean skip-tls-verify?"],
    ["KEY_DUPLICATE", 2, "relay: docker\nrelay: skopeo", "relay"],
    ["RELAY_DOCKER", 1, "relay: docker", "relay skopeo"],
    ["LISTER_UNLIMITED", 2, "lister:\n  maxItems: -1", "without a limit"],
    [
      "KEY_UNKNOWN",
      3,
      "tasks:\n- name: t\n  platform: all\n  source: {registry: a}",
      "did you mean platforms?",
    ],
    ["DOCUMENT_IGNORED", 2, "relay: skopeo\n---\nrelay: docker", "first document"],
    [
      "KEYS_WITHOUT_EFFECT",
      2,
      "docker:\n  api-version: 1.24\napi-version: 1.24\nskopeo: {binary: /bin/skopeo}",
      "docker, api-version, skopeo.binary",
    ],
    ["PLATFORM_MALFORMED", 7, withMapping("from: a\nplatform: foo"), '"foo"'],
    ["REGISTRY_MALFORMED", 4, withSource("registry: https://a"), "scheme"],
    ["REGISTRY_MALFORMED", 4, withSource("registry: a/"), "slash"],
    ["ALTERNATION_UNGROUPED", 8, withMapping("from: a\ntags:\n- 'regex: a|b'"), "(a|b)"],
    ["ALTERNATION_UNGROUPED", 6, withMapping("from: regex:a/b|c/d"), "(a/b|c/d)"],
    ["REPOSITORY_NAME_MALFORMED", 6, withMapping("from: redis:7.2"), "stands under tags"],
    ["REPOSITORY_NAME_MALFORMED", 6, withMapping("from: Redis"), "are lower-case"],
    ["REPOSITORY_NAME_MALFORMED", 7, withMapping("from: redis\nto: Redis"), "The to of mapping 1"],
    ["LISTER_FOREIGN", 4, withLister("quay.io", "{type: dockerhub}"), "whose credentials stay here"],
    [
      "LISTER_FOREIGN",
      4,
      withLister("quay.io/docker.io", "{type: index, search: redis}"),
      "lists Docker Hub",
    ],
    ["FROM_BLANK", 6, withMapping("from: 'regex: a/.*'"), '"regex:a/.*"'],
    ["KEEP_LATEST_UNREAD", 8, withMapping("from: a\ntags:\n- 'keep:latest 2'"), "keep:latest 2"],
    ["KEEP_NESTED", 8, withMapping("from: a\ntags:\n- 'keep: regex: 2'"), "keep: regex: 2"],
    ["RANGE_MISLEADING", 8, withMapping("from: a\ntags:\n- 'semver: ^1.x'"), "exactly 1.0.0"],
    ["TAG_MALFORMED", 8, withMapping("from: a\ntags:\n-"), '""'],
  ])("%s in line %i: %j", (code, line, text, words) => {
    const { selection, warnings, problems } = parse(text);

    expect(problems).toEqual([]);
    expect(selection).toBeDefined();
    expect(warnings.map((warning) => [warning.code, warning.line])).toEqual([[code, line]]);
    expect(warnings[0]?.message).toContain(words);
  });

  test("not of helper keys, nor of what every file has", () => {
    const text = `x-base: {a: 1}
base: &base {registry: a}
relay: skopeo
watch: true
lister: {maxItems: 50, cacheDuration: 30m}
skopeo: {certs-dir: /certs}
tasks:
- name: t
  interval: 60
  verbose: yes
  source: *base
  target: {<<: *base, skip-tls-verify: true}
`;

    expect(parse(text)).toMatchObject({ warnings: [], problems: [], selection: { certsDir: "/certs" } });
  });
});
