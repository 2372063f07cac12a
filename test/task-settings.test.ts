import { writeFile } from "node:fs/promises";
import { createMemoryStore } from "@airgap-bundle/core";
import { type ServedRegistry, serveRegistry } from "@airgap-bundle/registry";
import { afterAll, beforeAll, expect, test } from "vitest";
import { makeImage, putManifest } from "./support/images.ts";
import { openSite, type Site } from "./support/site.ts";

let site: Site;
let registry: ServedRegistry;

beforeAll(async () => {
  site = await openSite();
  const store = createMemoryStore();
  await putManifest(store.openRepository("team/app"), makeImage(["layer"]), "1");
  registry = await serveRegistry(store, { auth: { kind: "basic", username: "ada", password: "right" } });
  const task = (name: string, password: string): string => `
- name: ${name}
  source: {registry: '${registry.host}', auth: ${btoa(`ada:${password}`)}}
  target: {registry: '${registry.host}', auth: ${btoa(`ada:${password}`)}}
  mappings: [{from: team/app, to: ${name}/app, tags: ['1']}]
`;
  await writeFile(site.path("two.yaml"), `tasks:${task("first", "wrong")}${task("second", "right")}`);
});

afterAll(async () => {
  await registry.close();
  await site.close();
});

test("export and import use the credentials of the task that is asked for, not of another for the same host", async () => {
  const both = ["-c", "two.yaml", "--task", "second"];

  const exported = await site.run(["export", ...both, "-o", "out.tar"]);
  const imported = await site.run(["import", "out.tar", ...both]);

  expect([exported.exitCode, imported.exitCode]).toEqual([0, 0]);
  expect(imported.stdout.toString()).toContain(`pushed  ${registry.host}/second/app:1`);
});

test("the credentials of another task are not tried when its own are refused", async () => {
  const run = await site.run(["plan", "-c", "two.yaml", "--task", "first"]);

  expect(run.exitCode).toBe(5);
});
