import { readdirSync, readFileSync } from "node:fs";
import { expandSelection, parseSelection } from "@airgap-bundle/core";
import { expect, test } from "vitest";

const EXAMPLES = new URL("../examples/", import.meta.url);
const names = readdirSync(EXAMPLES).filter((name) => name.endsWith(".yaml"));

test("there are examples", () => {
  expect(names).toEqual(expect.arrayContaining(["cloudforet-core.yaml", "cloudforet-plugin.yaml"]));
});

test.each(names)("examples/%s loads as it is, without problems and warnings", (name) => {
  const text = readFileSync(new URL(name, EXAMPLES), "utf8");

  const { selection, problems, warnings } = parseSelection(text, { environment: {} });

  expect([...problems, ...warnings]).toEqual([]);
  expect(selection?.tasks.length).toBeGreaterThan(0);
});

test.each([
  ["cloudforet-core.yaml", { sync_spaceone_doc: 5, sync_spaceone_core: 17 }],
  ["cloudforet-plugin.yaml", { sync_spaceone_plugin: 25 }],
])("examples/%s has all images of an installation", (name, mappings) => {
  const text = readFileSync(new URL(name, EXAMPLES), "utf8");

  const { selection } = parseSelection(text, { environment: {} });

  expect(Object.fromEntries(selection?.tasks.map((task) => [task.name, task.mappings.length]) ?? [])).toEqual(
    mappings,
  );
});

test("examples/patterns.yaml has patterns and platforms on every level", () => {
  const text = readFileSync(new URL("patterns.yaml", EXAMPLES), "utf8");

  const { selection } = parseSelection(text, { environment: {} });
  const { mappings } = expandSelection(selection ?? { tasks: [], maxRepositories: 0 });

  expect(selection?.tasks.flatMap(({ mappings: all }) => all.map(({ from }) => from))).toHaveLength(4);
  expect(mappings.map(({ source, platforms }) => [source.repository, platforms])).toEqual([
    ["team/tools/cli", ["linux/amd64", "linux/arm64", "linux/arm/v7"]],
    ["library/alpine", ["all"]],
  ]);
  expect(selection).toMatchObject({ platforms: ["linux/amd64", "linux/arm64"], maxRepositories: 1000 });
});
