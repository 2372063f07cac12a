import { readFile, writeFile } from "node:fs/promises";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type Exchange, openExchange } from "./support/exchange.ts";

let exchange: Exchange;
let selection: string;

beforeAll(async () => {
  exchange = await openExchange();
  const { site, source } = exchange;
  const image = { from: "spaceone/oci-image", to: "mirror/app", tags: ["1.11.0"] };
  await site.select("one.yaml", { registry: source.host, mappings: [image] });
  await site.select("other.yaml", { registry: source.host, mappings: [image] });
  await site.run(["plan", "-c", "one.yaml", "-o", "plan.json"]);
  await site.run(["export", "-c", "one.yaml", "-o", "one.tar"]);
});

beforeEach(async () => {
  selection = await readFile(exchange.site.path("one.yaml"), "utf8");
});

afterAll(async () => {
  await exchange.close();
});

test.each([
  [
    "the bundle itself",
    ["export", "-c", "one.yaml", "-o", "new.tar", "--result", "new.tar"],
    /something else/,
  ],
  [
    "the selection",
    ["export", "-c", "one.yaml", "-o", "new.tar", "--result", "./one.yaml"],
    /something else/,
  ],
  ["the selection", ["export", "-c", "one.yaml", "-o", "one.yaml", "--force"], /that is the selection/],
  ["the selection", ["plan", "-c", "one.yaml", "-o", "one.yaml"], /something else/],
  ["a bundle", ["plan", "-c", "one.yaml", "-o", "one.tar"], /is a bundle/],
  ["a missing directory", ["plan", "-c", "one.yaml", "-o", "none/p.json"], /no such directory/],
  [
    "a missing directory",
    ["export", "-c", "one.yaml", "-o", "new.tar", "--result", "none/r"],
    /no such directory/,
  ],
  ["a plan", ["export", "-c", "one.yaml", "-o", "new.tar", "--result", "plan.json"], /no earlier result/],
  ["another selection", ["plan", "-c", "one.yaml", "-o", "other.yaml"], /no earlier plan/],
  [
    "another selection",
    ["export", "-c", "one.yaml", "-o", "new.tar", "--result", "other.yaml"],
    /no earlier result/,
  ],
  ["a dash", ["plan", "-c", "one.yaml", "-o", "-"], /takes a file/],
])("nothing is written over %s: %j", async (_, args, message) => {
  const { site } = exchange;
  const bundle = await readFile(site.path("one.tar"));

  const run = await site.run(args);

  expect([run.exitCode, run.stdout.length]).toEqual([2, 0]);
  expect(run.stderr).toMatch(message);
  expect(await readFile(site.path("one.yaml"), "utf8")).toBe(selection);
  expect((await readFile(site.path("one.tar"))).equals(bundle)).toBe(true);
  expect(await readFile(site.path("other.yaml"), "utf8")).toBe(selection);
  expect(JSON.parse(await readFile(site.path("plan.json"), "utf8"))).toHaveProperty("pulls");
  await expect(readFile(site.path("new.tar"))).rejects.toThrow();
});

test.each([[[]], [["--json"]]])("a plan and a result %j are written over earlier ones", async (flags) => {
  const { site } = exchange;
  const plan = ["plan", "-c", "one.yaml", "-o", "again.json"];
  const result = ["export", "-c", "one.yaml", "-o", "one.tar", "--result", "result.txt"];

  for (const args of [plan, plan, result, result])
    expect((await site.run([...args, ...flags])).exitCode).toBe(0);
});

test("the result of an earlier run is not taken for that of a run that fails", async () => {
  const { site } = exchange;
  await writeFile(site.path("result.json"), '{ "bundle": null }');

  const args = ["export", "-c", "one.yaml", "--task", "none", "-o", "new.tar", "--result", "result.json"];
  const { exitCode } = await site.run(args);

  expect(exitCode).toBe(2);
  await expect(readFile(site.path("result.json"))).rejects.toThrow();
});
