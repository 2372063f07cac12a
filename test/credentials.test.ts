import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createMemoryStore } from "@airgap-bundle/core";
import { afterEach, beforeEach, expect, test } from "vitest";
import { buildFleet } from "./fleet/build-fleet.ts";
import { ErrorDocument, ExportDocument, PlanDocument, readDocument } from "./support/documents.ts";
import type { BundleRun } from "./support/run-bundle.ts";
import { openSite, type Site } from "./support/site.ts";
import { openTestRegistry, type TestRegistry } from "./support/test-registry.ts";

const USERNAME = "fleet-operator";
const PASSWORD = "correct horse/battery+staple";
/** As an `Authorization` header has them, and docker's `config.json`. */
const PAIR = base64(`${USERNAME}:${PASSWORD}`);
/** As dregsy takes them. */
const AUTH = base64(JSON.stringify({ username: USERNAME, password: PASSWORD }));

const SECRETS = [PASSWORD, encodeURIComponent(PASSWORD), JSON.stringify(PASSWORD).slice(1, -1), PAIR, AUTH];

/** What the operator wrote, with the secrets in it. */
const OWN_FILES: ReadonlySet<string> = new Set(["selection.yaml", "wrong.yaml", "auth.json"]);

let site: Site;
let source: TestRegistry;
let target: TestRegistry;

beforeEach(async () => {
  const store = createMemoryStore();
  await buildFleet(store, { repositories: ["spaceone/app"], layerSize: 1024 });
  const user = { username: USERNAME, password: PASSWORD };
  site = await openSite();
  source = await openTestRegistry({ store, auth: { kind: "bearer", ...user } });
  target = await openTestRegistry({ auth: { kind: "basic", ...user } });
  const mappings = [{ from: "spaceone/app", tags: ["regex: 1\\.11\\..*"] }];
  await site.select("selection.yaml", { registry: source.host, auth: AUTH, mappings });
  const wrong = base64(JSON.stringify({ username: USERNAME, password: `not ${PASSWORD}` }));
  await site.select("wrong.yaml", { registry: source.host, auth: wrong, mappings });
  await writeFile(site.path("auth.json"), JSON.stringify({ auths: { [target.host]: { auth: PAIR } } }));
});

afterEach(async () => {
  await Promise.all([source.close(), target.close()]);
  await site.close();
});

test("credentials are in no output and no file, whatever is printed and however it ends", async () => {
  const from = ["-c", "selection.yaml"];
  const to = ["out.tar", "--to", target.host];
  const verbose = ["--verbose", "--json"];

  const config = await site.run(["config", ...from, ...verbose]);
  const planned = await site.run(["plan", ...from, "-o", "plan.json", ...verbose]);
  const exported = await site.run(["export", ...from, "-o", "out.tar", ...verbose]);
  const refused = await site.run(["export", "-c", "wrong.yaml", "-o", "other.tar", "--verbose"]);
  const anonymous = await site.run(["import", ...to, ...verbose]);
  const imported = await site.run(["import", ...to, "--authfile", "auth.json", "--verbose"]);

  expect(config.exitCode).toBe(0);
  expect(readDocument(planned, PlanDocument)).toMatchObject({ failed: [] });
  expect(readDocument(exported, ExportDocument)).toMatchObject({ images: 3, failed: [] });
  expect(refused.exitCode).toBe(5);
  expect(anonymous.exitCode).toBe(5);
  expect(imported.exitCode).toBe(0);
  expectNoSecrets([config, planned, exported, refused, anonymous, imported]);
  const files = await listFiles(site.directory);
  expect(files.length).toBeGreaterThan(5);
  for (const path of files) {
    const content = await readFile(path);
    for (const secret of SECRETS) expect(content.includes(secret), path).toBe(false);
  }
});

test.each([
  ["placeholder", "{Token}"],
  ["credentials that are not base64", `${USERNAME}:${PASSWORD}`],
])("a selection with a %s for auth is refused without its text", async (_, auth) => {
  await site.select("selection.yaml", { registry: source.host, auth, mappings: [] });

  const run = await site.run(["export", "-c", "selection.yaml", "-o", "out.tar", "--verbose", "--json"]);

  expect(run.exitCode).toBe(2);
  expect(readDocument(run, ErrorDocument).error.code).toBe("SELECTION_INVALID");
  expectNoSecrets([run]);
});

test("credentials that stand before a registry are refused without their text", async () => {
  const registry = `${USERNAME}:${PASSWORD}@${source.host}`;
  const mappings = ["a/b", "regex:a/.*"].map((path) => ({ from: path, tags: ["latest"] }));
  await site.select("selection.yaml", { registry, mappings });
  const from = ["-c", "selection.yaml", "--verbose"];

  const config = await site.run(["config", ...from]);
  const planned = await site.run(["plan", ...from, "--json", "-o", "plan.json"]);
  const explained = await site.run(["explain", ...from, "a/c"]);

  expect(config.stdout.toString()).toContain(`***@${source.host}`);
  expect(readDocument(planned, PlanDocument).failed).toHaveLength(2);
  expectNoSecrets([config, planned, explained]);
});

function expectNoSecrets(runs: readonly BundleRun[]): void {
  for (const { stdout, stderr } of runs) {
    for (const secret of SECRETS) {
      expect(stdout.toString()).not.toContain(secret);
      expect(stderr).not.toContain(secret);
    }
  }
}

async function listFiles(directory: string): Promise<readonly string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && !OWN_FILES.has(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
}

function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}
