import { writeFile } from "node:fs/promises";
import { createMemoryStore } from "@airgap-bundle/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { PlanDocument, readDocument } from "./support/documents.ts";
import { makeImage, putManifest } from "./support/images.ts";
import { type RawServer, serveRaw } from "./support/raw-server.ts";
import { openSite, type Site } from "./support/site.ts";
import { openTestRegistry, type TestRegistry } from "./support/test-registry.ts";

const DIGEST = makeImage(["pinned"]).descriptor.digest;

let site: Site;
let registry: TestRegistry;
let hub: RawServer;

beforeAll(async () => {
  site = await openSite();
  const store = createMemoryStore();
  for (const name of ["team/api", "team/web", "other/api", "library/redis", "library/mongo"])
    await putManifest(store.openRepository(name), makeImage([name]), "1.0");
  for (let i = 0; i < 205; i++)
    await putManifest(store.openRepository(`many/app-${i}`), makeImage([`many ${i}`]), "1.0");
  await putManifest(store.openRepository("pinned/app"), makeImage(["pinned"]), "moved");
  registry = await openTestRegistry({ store });
  hub = await serveRaw(({ url }) => ({
    body: url.startsWith("/v2/namespaces/library/repositories")
      ? JSON.stringify({ next: null, results: [{ name: "redis" }, { name: "mongo" }] })
      : "{}",
  }));
});

afterAll(async () => {
  await Promise.all([registry.close(), hub.close(), site.close()]);
});

async function select(source: string, mappings: string, top = ""): Promise<void> {
  const task = `- name: t\n  source: {registry: ${source}}\n  mappings: [${mappings}]\n`;
  await writeFile(site.path("selection.yaml"), `${top}tasks:\n${task}`);
}

async function plan(...args: string[]): Promise<{
  readonly exitCode: number | null;
  readonly stderr: string;
  readonly images: readonly string[];
  readonly failed: readonly { readonly code: string }[];
}> {
  const run = await site.run(["plan", "-c", "selection.yaml", "--json", ...args]);
  const { images, failed } = readDocument(run, PlanDocument);
  const names = images.map(({ source, target: { repository, tag } }) => `${source} → ${repository}:${tag}`);
  return { ...run, images: names.map((name) => name.replaceAll(`${registry.host}/`, "")), failed };
}

test("from: regex: takes the repositories of the catalog that match, with the tags that the filter keeps", async () => {
  await select(
    registry.host,
    "{from: 'regex:team/.*', to: mirror, tags: ['regex: 1.*']}",
    "lister: {maxItems: -1}\n",
  );

  const { exitCode, images } = await plan();

  expect(exitCode).toBe(0);
  expect(images).toEqual(["team/api:1.0 → mirror/team/api:1.0", "team/web:1.0 → mirror/team/web:1.0"]);
});

test("what lister.maxItems cuts off is said, and how to raise it", async () => {
  await select(registry.host, "{from: 'regex:team/.*'}");

  const { stderr, images } = await plan();

  expect(images).toEqual([]);
  expect(stderr).toContain("Not all repositories");
  expect(stderr).toContain("maxItems of lister is 100");
});

test("export counts the requests for lists", async () => {
  await select(registry.host, "{from: 'regex:team/.*'}", "lister: {maxItems: -1}\n");

  const run = await site.run(["export", "-c", "selection.yaml", "-o", "team.tar", "--json"]);

  expect(run.exitCode).toBe(0);
  expect(JSON.parse(run.stdout.toString())).toMatchObject({ images: 2, requests: { listRepositories: 3 } });
});

test("Docker Hub lists its namespaces, where --mirror sends it", async () => {
  await select("docker.io", "{from: 'regex:library/.*', to: 'regex:^/library/(.*)$,/hub/$1'}");
  const mirrors = ["--mirror", `docker.io=${registry.host}`, "--mirror", `hub.docker.com=${hub.host}`];

  const { exitCode, images } = await plan(...mirrors);

  expect(exitCode).toBe(0);
  expect(images).toEqual([
    "docker.io/library/mongo:1.0 → hub/mongo:1.0",
    "docker.io/library/redis:1.0 → hub/redis:1.0",
  ]);
});

test("a registry without a catalog fails the mapping, and the others go on", async () => {
  const bare = await serveRaw(() => ({ status: 404 }));
  const task = (name: string, host: string): string =>
    `- name: ${name}\n  source: {registry: '${host}'}\n  mappings: [{from: 'regex:team/api'}]\n`;
  await writeFile(
    site.path("selection.yaml"),
    `lister: {maxItems: -1}\ntasks:\n${task("a", bare.host)}${task("b", registry.host)}`,
  );

  const { exitCode, images, failed } = await plan();
  await bare.close();

  expect(exitCode).toBe(1);
  expect(images).toEqual(["team/api:1.0 → team/api:1.0"]);
  expect(failed).toMatchObject([
    { source: `${bare.host}/regex:team/api`, code: "UNSUPPORTED", message: expect.stringContaining("404") },
  ]);
});

test("digests in tags are pulled by digest, and named at the target as they are written", async () => {
  await select(registry.host, `{from: pinned/app, tags: ['${DIGEST}', 'stable@${DIGEST}', ':moved']}`);

  const { exitCode, images } = await plan();
  const exported = await site.run(["export", "-c", "selection.yaml", "-o", "pinned.tar"]);
  const imported = await site.run(["import", "pinned.tar", "--to", `${registry.host}/in`]);

  const target = registry.store.openRepository("in/pinned/app");
  expect([exitCode, exported.exitCode, imported.exitCode]).toEqual([0, 0, 0]);
  expect(images).toEqual([
    "pinned/app:moved → pinned/app:moved",
    `pinned/app@${DIGEST} → pinned/app:null`,
    `pinned/app:stable@${DIGEST} → pinned/app:stable`,
  ]);
  expect((await Array.fromAsync(target.listTags())).toSorted()).toEqual(["moved", "stable"]);
  expect((await target.resolve(DIGEST))?.digest).toBe(DIGEST);
});

test("config shows the platforms that each mapping takes", async () => {
  const mappings = "{from: team/api, platforms: [linux/amd64, linux/arm64]}, {from: team/web}";
  await select(registry.host, `${mappings}, {from: 'regex:a'}, {from: 'regex:b', to: mirror}`);

  const run = await site.run(["config", "-c", "selection.yaml"]);

  expect(run.stdout.toString()).toMatch(
    /team\/api .* linux\/amd64, linux\/arm64 .*\n.*team\/web .* linux\/amd64 /,
  );
  expect(run.stdout.toString()).toMatch(/regex:a +→ the same paths .*\n.*regex:b +→ mirror\/… /);
});

test("config ends with status 0 and shows the warnings, where an image of the selection cannot be taken", async () => {
  await select(registry.host, "{from: team/api, platform: foo}");

  const shown = await site.run(["config", "-c", "selection.yaml"]);
  const planned = await plan();

  expect(shown.exitCode).toBe(0);
  expect(shown.stdout.toString()).toMatch(
    /Warnings\n {2}\d+:\d+: The platform of .* is "foo".*cannot be taken/,
  );
  expect(planned.exitCode).toBe(1);
  expect(planned.failed).toMatchObject([{ code: "PLATFORM_UNKNOWN" }]);
});
