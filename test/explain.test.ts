import { writeFile } from "node:fs/promises";
import { createMemoryStore } from "@airgap-bundle/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ErrorDocument, readDocument } from "./support/documents.ts";
import { makeImage, putManifest } from "./support/images.ts";
import { openSite, type Site } from "./support/site.ts";
import { openTestRegistry, type TestRegistry } from "./support/test-registry.ts";

let site: Site;
let registry: TestRegistry;

beforeAll(async () => {
  site = await openSite();
  const store = createMemoryStore();
  for (const tag of ["1.0.0", "1.1.0", "1.1.0-rc1", "2.0.0", "latest"])
    await putManifest(store.openRepository("library/redis"), makeImage([tag]), tag);
  registry = await openTestRegistry({ store });
  const selection = `tasks:
- name: named
  source: {registry: docker.io}
  mappings:
  - from: redis
    tags: ['semver: >=1.0.0', 'keep: !.*-rc.*', 'keep: latest 2', '0.9']
- name: pattern
  source: {registry: docker.io}
  mappings:
  - from: regex:library/.*
    tags: [latest]
  - from: spaceone/console
`;
  await writeFile(site.path("selection.yaml"), selection);
});

afterAll(async () => {
  await Promise.all([registry.close(), site.close()]);
});

async function explain(...args: string[]): Promise<Awaited<ReturnType<Site["run"]>>> {
  const mirror = ["--mirror", `docker.io=${registry.host}`];
  return await site.run(["explain", "-c", "selection.yaml", ...mirror, ...args]);
}

const NAMED = {
  source: "docker.io/library/redis",
  task: "named",
  line: 5,
  tags: [
    { tag: "0.9", kept: false, rule: "keep: latest 2", missing: true },
    { tag: "1.0.0", kept: false, rule: "keep: latest 2", missing: false },
    { tag: "1.1.0", kept: true, rule: "semver: >=1.0.0", missing: false },
    { tag: "1.1.0-rc1", kept: false, rule: "keep: !.*-rc.*", missing: false },
    { tag: "2.0.0", kept: true, rule: "semver: >=1.0.0", missing: false },
    { tag: "latest", kept: false, rule: "is no version", missing: false },
  ],
};

test.each(["redis", "library/redis", "docker.io/library/redis", "registry.hub.docker.com/redis"])(
  "explain %s says of every tag which rule keeps or drops it, for each mapping",
  async (repository) => {
    const { exitCode, stdout } = await explain("--json", repository);

    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout.toString())).toMatchObject({
      repository,
      mappings: [NAMED, { task: "pattern", line: 10, tags: expect.any(Array) }],
    });
  },
);

test("explain prints a table for people, of the wanted task only", async () => {
  const { exitCode, stdout } = await explain("redis", "--task", "named");

  expect(exitCode).toBe(0);
  expect(stdout.toString()).toBe(`docker.io/library/redis (task "named", line 5): 2 of 6 tags kept
  dropped  0.9        keep: latest 2 (not in the registry's list)
  dropped  1.0.0      keep: latest 2
  kept     1.1.0      semver: >=1.0.0
  dropped  1.1.0-rc1  keep: !.*-rc.*
  kept     2.0.0      semver: >=1.0.0
  dropped  latest     is no version
`);
});

test("explain asks for tags and nothing else, also where a pattern takes the repository", async () => {
  registry.takeCounts();

  await explain("redis");

  expect(registry.takeCounts()).toEqual({ "GET tags": 1 });
});

test.each([
  ["rediss", "Did you mean redis?", "--task", "named"],
  ["spaceone/consle", "Did you mean spaceone/console?"],
  ["quay.io/org/app", "Mappings are from redis, regex:library/.*, spaceone/console"],
  ["redis:7", "Name the repository alone"],
])("explain %s ends with status 2, naming what there is", async (repository, hint, ...args) => {
  const run = await explain("--json", repository, ...args);

  const { error } = readDocument(run, ErrorDocument);
  expect(run.exitCode).toBe(2);
  expect(error).toMatchObject({ code: "USAGE", hint: expect.stringContaining(hint) });
});

test("explain ends with the registry's reason where it has no such repository", async () => {
  const run = await explain("--json", "spaceone/console");

  expect(run.exitCode).toBe(1);
  expect(readDocument(run, ErrorDocument).error.code).toBe("NAME_UNKNOWN");
});
