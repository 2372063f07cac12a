import { readdirSync, readFileSync } from "node:fs";
import { parseSelection } from "@airgap-bundle/core";
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
