import { describe, expect, test } from "vitest";
import { parseSelection } from "../selection/parse-selection.ts";
import type { Selection } from "../selection/selection.ts";
import { type ExpandedSelection, type ExpandOptions, expandSelection } from "./expand-selection.ts";

function select(text: string): Selection {
  const { selection, problems } = parseSelection(text, { environment: {} });
  if (selection === undefined) throw new TypeError(JSON.stringify(problems));
  return selection;
}

/** A selection of one task with these mappings. */
function withMappings(
  mappings: string,
  source = "r.io",
  target = "registry: registry.internal/prefix",
): Selection {
  return select(
    `tasks:\n- name: t\n  source: {registry: ${source}}\n  target: {${target}}\n  mappings: [${mappings}]\n`,
  );
}

function expand(selection: Selection, options?: ExpandOptions): ExpandedSelection {
  return expandSelection(selection, options);
}

describe("expandSelection()", () => {
  test("makes out source and target of a mapping", () => {
    const { mappings, failed } = expand(withMappings("{from: app}, {from: /team/app, to: other/app}"));

    expect(failed).toEqual([]);
    expect(mappings).toMatchObject([
      {
        task: "t",
        source: { registry: "r.io", repository: "app" },
        target: { registry: "registry.internal", repository: "prefix/app" },
        platforms: ["linux/amd64"],
        location: { registry: "r.io" },
      },
      {
        source: { registry: "r.io", repository: "team/app" },
        target: { registry: "registry.internal", repository: "prefix/other/app" },
      },
    ]);
  });

  test.each(["docker.io", "index.docker.io", "registry-1.docker.io", "registry.hub.docker.com"])(
    "knows Docker Hub by the name %s",
    (source) => {
      const { mappings } = expand(withMappings("{from: redis}", source));

      expect(mappings[0]).toMatchObject({
        source: { registry: "docker.io", repository: "library/redis" },
        target: { repository: "prefix/redis" },
      });
    },
  );

  test("puts library/ before a path of one component where the target is Docker Hub", () => {
    const { mappings } = expand(withMappings("{from: redis}", "quay.io", "registry: docker.io"));

    expect(mappings[0]?.target).toEqual({ registry: "docker.io", repository: "library/redis" });
  });

  test("has no registry where the task has no target, and never puts library/ before the path", () => {
    const selection = select(
      "tasks:\n- name: t\n  source: {registry: docker.io}\n  mappings: [{from: redis}]\n",
    );

    expect(expand(selection).mappings[0]?.target).toEqual({ registry: null, repository: "redis" });
  });

  test.each([
    ["nothing", "{from: app}", undefined, ["linux/amd64"]],
    ["the mapping's", "{from: app, platform: linux/aarch64}", undefined, ["linux/arm64"]],
    ["all", "{from: app, platform: all}", undefined, ["all"]],
    ["the option's before the mapping's", "{from: app, platform: all}", ["linux/arm"], ["linux/arm"]],
    [
      "several, each once",
      "{from: app}",
      ["linux/arm64", "linux/arm64/v8", "linux/386"],
      ["linux/arm64", "linux/386"],
    ],
    ["all before others", "{from: app}", ["linux/arm64", "all"], ["all"]],
  ])("takes platforms: %s", (_what, mapping, platforms, expected) => {
    const { mappings } = expand(withMappings(mapping), platforms === undefined ? {} : { platforms });

    expect(mappings[0]?.platforms).toEqual(expected);
  });

  test.each([
    ["a platform that is none", "{from: app, platform: foo}", "PLATFORM_UNKNOWN"],
    ["an upper-case repository", "{from: App}", "REFERENCE_INVALID"],
    ["an upper-case target", "{from: app, to: App}", "REFERENCE_INVALID"],
    ["a replacement without its slash", "{from: app, to: 'regex:^/app,mirror/app'}", "REFERENCE_INVALID"],
  ])("tells what cannot be used and goes on: %s", (_what, mapping, code) => {
    const { mappings, failed } = expand(withMappings(`${mapping}, {from: other}`));

    expect(failed).toMatchObject([{ code, message: expect.any(String) }]);
    expect(failed[0]?.source).toMatch(/^r\.io\//);
    expect(mappings.map(({ source }) => source.repository)).toEqual(["other"]);
  });

  test.each([
    ["the mapping's", "{from: app, platforms: [linux/arm64, linux/amd64]}", ["linux/arm64", "linux/amd64"]],
    ["the task's", "{from: app}", ["linux/arm/v7", "linux/386"]],
    ["the mapping's platform before the task's", "{from: app, platform: linux/s390x}", ["linux/s390x"]],
    ["all before others", "{from: app, platforms: [linux/386, all]}", ["all"]],
  ])("takes platforms: %s list", (_what, mapping, expected) => {
    const selection = select(
      `platforms: [all]\ntasks:\n- name: t\n  platforms: [linux/arm/v7, linux/386]\n  source: {registry: r.io}\n  mappings: [${mapping}]\n`,
    );

    expect(expand(selection).mappings[0]?.platforms).toEqual(expected);
  });

  test("takes the platforms of the selection where nothing else names any", () => {
    const selection = select(
      "platforms: [linux/arm64, linux/386]\ntasks:\n- name: t\n  source: {registry: r.io}\n  mappings: [{from: a}]\n",
    );

    expect(expand(selection).mappings[0]?.platforms).toEqual(["linux/arm64", "linux/386"]);
    expect(expand(selection, { platforms: ["linux/s390x"] }).mappings[0]?.platforms).toEqual(["linux/s390x"]);
  });

  test("tells a registry with a scheme", () => {
    const { failed } = expand(withMappings("{from: app}", "https://r.io"));

    expect(failed).toMatchObject([
      { code: "REFERENCE_INVALID", hint: expect.stringContaining("without http") },
    ]);
  });

  test("shows no password that stands before a registry", () => {
    const { failed } = expand(withMappings("{from: app}", "joe:s3cret@r.io"));

    expect(failed).toMatchObject([{ source: "***@r.io/app", code: "REFERENCE_INVALID" }]);
    expect(JSON.stringify(failed)).not.toContain("s3cret");
  });

  const TWO_TASKS = `
tasks:
- {name: one, source: {registry: r.io}, mappings: [{from: a}]}
- {name: two, source: {registry: r.io}, mappings: [{from: b}]}
- {name: one, source: {registry: r.io}, mappings: [{from: c}]}
`;

  test.each([
    [undefined, ["a", "b", "c"]],
    [["one"], ["a", "c"]],
    [
      ["two", "one"],
      ["a", "b", "c"],
    ],
    [[], []],
  ])("takes the tasks %j in the file's order", (tasks, repositories) => {
    const { mappings } = expand(select(TWO_TASKS), tasks === undefined ? {} : { tasks });

    expect(mappings.map(({ source }) => source.repository)).toEqual(repositories);
  });

  test("refuses a task that there is not, naming those that there are", () => {
    expect(() => expand(select(TWO_TASKS), { tasks: ["one", "tow"] })).toThrow(
      expect.objectContaining({ code: "USAGE", hint: expect.stringContaining('"one", "two"') }),
    );
  });

  test("refuses a platform of the options that is none", () => {
    expect(() => expand(withMappings("{from: app}"), { platforms: ["amd64"] })).toThrow(
      expect.objectContaining({ code: "PLATFORM_UNKNOWN" }),
    );
  });
});
