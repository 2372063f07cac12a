import { describe, expect, test } from "vitest";
import { BundleError } from "../error.ts";
import { parseSelection } from "../selection/parse-selection.ts";
import type { Selection } from "../selection/selection.ts";
import { type ExpandedSelection, expandSelection } from "./expand-selection.ts";
import { findMappings } from "./find-mappings.ts";
import { type ListedRepositories, listRepositories, warnOfLists } from "./list-repositories.ts";
import type { RepositoryList, RepositoryQuery } from "./repository-query.ts";

function select(source: string, mappings: string, top = ""): Selection {
  const text = `${top}tasks:\n- name: t\n  source: {registry: ${source}}\n  target: {registry: in}\n  mappings: [${mappings}]\n`;
  const { selection, problems } = parseSelection(text, { environment: {} });
  if (selection === undefined) throw new TypeError(JSON.stringify(problems));
  return selection;
}

/** Lists the same for every query, and keeps what was asked. */
async function list(
  selection: Selection,
  answer: Partial<RepositoryList> | BundleError,
  queries: RepositoryQuery[] = [],
): Promise<ListedRepositories> {
  return await listRepositories(selection, {
    jobs: 2,
    listRepositories: async (query) => {
      queries.push(query);
      if (answer instanceof Error) throw answer;
      return await Promise.resolve({ repositories: [], malformed: 0, ...answer });
    },
  });
}

async function expand(
  source: string,
  mappings: string,
  repositories: readonly string[],
): Promise<ExpandedSelection> {
  const selection = select(source, mappings);
  return expandSelection(selection, { listed: await list(selection, { repositories }) });
}

function pathsOf({ mappings }: ExpandedSelection): readonly string[] {
  return mappings.map(({ source, target }) => `${source.registry}/${source.repository} ${target.repository}`);
}

describe("expandSelection() with from: regex:", () => {
  test.each([
    ["no to", "{from: 'regex:team/.*'}", ["r.io/team/a team/a", "r.io/team/b team/b"]],
    [
      "a prefix",
      "{from: 'regex:team/.*', to: mirror}",
      ["r.io/team/a mirror/team/a", "r.io/team/b mirror/team/b"],
    ],
    [
      "a replacement",
      "{from: 'regex:team/.*', to: 'regex:^/team/(.+)$,/mirror/$1'}",
      ["r.io/team/a mirror/a", "r.io/team/b mirror/b"],
    ],
    ["a pattern for whole names only", "{from: 'regex:tea'}", []],
    ["a pattern that begins with a blank", "{from: 'regex: team/.*'}", []],
  ])("takes what the pattern takes, with %s", async (_what, mapping, expected) => {
    const expanded = await expand("r.io", mapping, ["team/b", "other/a", "team/a", "my/team/a"]);

    expect(pathsOf(expanded)).toEqual(expected);
    expect(expanded.failed).toEqual([]);
  });

  test("looks below the prefix of the registry only, and matches what stands behind it", async () => {
    const expanded = await expand("r.io/project", "{from: 'regex:a.*'}", [
      "a",
      "project/ab",
      "project2/a",
      "project",
    ]);

    expect(pathsOf(expanded)).toEqual(["r.io/project/ab ab"]);
  });

  test("keeps file order, and goes on where one of the repositories cannot be used", async () => {
    const mappings = "{from: z}, {from: 'regex:.*', to: 'regex:^/b,/B'}, {from: y}";

    const expanded = await expand("r.io", mappings, ["b", "a"]);

    expect(pathsOf(expanded)).toEqual(["r.io/z z", "r.io/a a", "r.io/y y"]);
    expect(expanded.failed).toMatchObject([{ source: "r.io/b", code: "REFERENCE_INVALID" }]);
  });

  test("warns of a pattern that matches nothing", async () => {
    const { mappings, warnings } = await expand("r.io", "{from: 'regex:nope'}", ["a", "b"]);

    expect(mappings).toEqual([]);
    expect(warnings).toMatchObject([
      { code: "NOTHING_SELECTED", message: expect.stringContaining("none of its 2 repositories matches") },
    ]);
  });

  test("fails every mapping of a registry that cannot be listed, and no other", async () => {
    const selection = select("r.io", "{from: 'regex:a'}, {from: b}, {from: 'regex:c'}");
    const listed = await list(selection, new BundleError("UNSUPPORTED", "no list", { hint: "name them" }));

    const { mappings, failed } = expandSelection(selection, { listed });

    expect(mappings.map(({ source }) => source.repository)).toEqual(["b"]);
    expect(failed).toMatchObject([
      { source: "r.io/regex:a", code: "UNSUPPORTED", hint: "name them" },
      { source: "r.io/regex:c" },
    ]);
  });
});

describe("listRepositories()", () => {
  test("asks a registry once for all patterns, and nobody without a pattern", async () => {
    const queries: RepositoryQuery[] = [];

    await list(select("r.io", "{from: 'regex:a'}, {from: b}, {from: 'regex:c'}"), {}, queries);
    await list(select("r.io", "{from: b}"), {}, queries);
    await list(select("'https://r.io'", "{from: 'regex:a'}"), {}, queries);

    expect(queries).toMatchObject([{ registry: "r.io", listing: { type: "catalog" }, maxRepositories: 100 }]);
  });

  test.each([
    ["library/.*", ["library"]],
    ["^library/redis", ["library"]],
    ["library/a|bitnami/b|library/c", ["library", "bitnami"]],
    ["library/a|b", []],
    ["(library|bitnami)/.*", ["library", "bitnami"]],
    ["(?:library/a|bitnami/b)", ["library", "bitnami"]],
    ["(library/a|b)", []],
    ["(library/a)|(b)", []],
    ["lib.*/.*", []],
    ["redis", []],
  ])("looks for %j in the namespaces %j of Docker Hub", async (pattern, namespaces) => {
    const queries: RepositoryQuery[] = [];

    await list(select("docker.io", `{from: 'regex:${pattern}'}`), {}, queries);

    expect(queries).toMatchObject([{ registry: "docker.io", listing: { type: "dockerhub", namespaces } }]);
  });

  test("looks in the namespace that the registry's prefix names", async () => {
    const queries: RepositoryQuery[] = [];

    await list(select("docker.io/bitnami", "{from: 'regex:re.*'}"), {}, queries);

    expect(queries).toMatchObject([{ listing: { namespaces: ["bitnami"] } }]);
  });

  test("has the selection's lister before the registry's own way", async () => {
    const queries: RepositoryQuery[] = [];
    const source = "registry.hub.docker.com, lister: {type: index, search: redis}";

    await list(select(source, "{from: 'regex:.*'}", "lister: {maxItems: 7}\n"), {}, queries);

    expect(queries).toMatchObject([{ listing: { type: "index", search: "redis" }, maxRepositories: 7 }]);
  });
});

test("warnOfLists() tells what a limit cut off, and names that are none", async () => {
  const selection = select("r.io", "{from: 'regex:a'}");

  const warnings = warnOfLists(await list(selection, { repositories: ["a"], cut: "limit", malformed: 2 }));

  expect(warnings).toMatchObject([
    {
      code: "LISTING_CUT",
      message: expect.stringMatching(/after 1, because maxItems of lister is 100; .* -1/),
    },
    { code: "REPOSITORY_MALFORMED", message: expect.stringContaining("2 of the repositories") },
  ]);
});

test("warnOfLists() tells of a list that goes round in a circle", async () => {
  const listed = await list(select("r.io", "{from: 'regex:a'}"), { repositories: ["a"], cut: "circle" });

  expect(warnOfLists(listed)).toMatchObject([{ code: "REPOSITORIES_INCOMPLETE" }]);
});

const SEARCH = "lister: {type: index, search: redis}";

describe("findMappings()", () => {
  test.each([
    ["docker.io", "{from: redis}", "library/redis", true],
    ["docker.io", "{from: 'regex:library/.*'}", "library/redis", true],
    ["docker.io", "{from: 'regex:redis'}", "library/redis", false],
    [`docker.io, ${SEARCH}`, "{from: 'regex:redis'}", "library/redis", true],
    [`docker.io, ${SEARCH}`, "{from: 'regex:library/.*'}", "library/redis", false],
    [`docker.io, ${SEARCH}`, "{from: 'regex:team/.*'}", "team/redis", true],
    [`docker.io, ${SEARCH}`, "{from: redis}", "library/redis", true],
    [`docker.io/library, ${SEARCH}`, "{from: 'regex:red.*'}", "library/redis", false],
    ["docker.io", "{from: 'regex:team/.*'}", "library/redis", false],
    ["docker.io/library", "{from: 'regex:red.*'}", "library/redis", true],
    ["docker.io/library", "{from: 'regex:library/red.*'}", "library/redis", false],
    ["r.io", "{from: redis}", "library/redis", false],
  ])("from %s %s finds %s: %j", (source, mapping, repository, expected) => {
    const found = findMappings(select(source, mapping), { registry: "docker.io", repository });

    expect(found.length === 1).toBe(expected);
  });

  test.each([
    ["docker.io", "library/redis"],
    ["docker.io/library", "library/redis"],
    [`docker.io, ${SEARCH}`, "redis"],
    [`docker.io/library, ${SEARCH}`, "redis"],
    ["docker.io", "team/redis"],
    [`docker.io, ${SEARCH}`, "team/redis"],
  ])("takes by a pattern at %s what a plan takes, where %s is listed", async (source, listed) => {
    for (const pattern of ["redis", "library/redis", "team/.*"]) {
      const selection = select(source, `{from: 'regex:${pattern}'}`);
      const planned = expandSelection(selection, {
        listed: await list(selection, { repositories: [listed] }),
      });
      const name = { registry: "docker.io", repository: listed.includes("/") ? listed : `library/${listed}` };

      expect(findMappings(selection, name)).toHaveLength(planned.mappings.length);
    }
  });
});
