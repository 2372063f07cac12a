import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createMemoryStore, type Store } from "@airgap-bundle/core";
import type { ServerAuth } from "@airgap-bundle/registry";
import { afterEach, beforeEach, expect, test } from "vitest";
import { buildFleet } from "./fleet/build-fleet.ts";
import { answerWith, writeCredentialHelper } from "./support/credential-helper.ts";
import { ExportDocument, ImportDocument, readDocument } from "./support/documents.ts";
import type { BundleRun } from "./support/run-bundle.ts";
import { openSite, type Site } from "./support/site.ts";
import { openTestRegistry, type TestRegistry } from "./support/test-registry.ts";

const USERNAME = "fleet-operator";

/** Every way to have credentials; each is the only one at a registry of its own. */
const KINDS = [
  "selection",
  "variable",
  "file",
  "namespace",
  "environment",
  "helper",
  "identity",
  "registry-token",
] as const;
type Kind = (typeof KINDS)[number];

/** What the operator has, with the secrets in it. */
const OWN_FILES: ReadonlySet<string> = new Set(["selection.yaml", "config.json", "docker-credential-fleet"]);

let site: Site;
let registries: ReadonlyMap<Kind, TestRegistry>;

beforeEach(async () => {
  const store = createMemoryStore();
  await buildFleet(store, { repositories: ["spaceone/app"], layerSize: 1024 });
  site = await openSite();
  registries = new Map(
    await Promise.all(KINDS.map(async (kind) => [kind, await serve(kind, store)] as const)),
  );
});

afterEach(async () => {
  await Promise.all([...registries.values()].map(async (registry) => await registry.close()));
  await site.close();
});

/** A registry that is logged in to with the right secret of this kind and nothing else. */
async function serve(kind: Kind, store: Store): Promise<TestRegistry> {
  const secret = secretOf("right", kind);
  const user = { username: USERNAME, password: secret };
  const nobody = { username: "nobody", password: "never used" };
  const auth: ServerAuth =
    kind === "identity"
      ? { kind: "bearer", ...nobody, refreshToken: secret, oauth2: true }
      : kind === "registry-token"
        ? { kind: "bearer", ...nobody, registryToken: secret }
        : { kind: kind === "file" ? "bearer" : "basic", ...user };
  return await openTestRegistry({ store, auth });
}

function secretOf(which: "right" | "wrong", kind: Kind): string {
  return `${which}+horse/${kind}`;
}

function pairOf(secret: string): string {
  return base64(`${USERNAME}:${secret}`);
}

/** Gives the operator all of these secrets, each where its kind has it. Resolves to the environment of a run. */
async function equip(which: "right" | "wrong"): Promise<Readonly<Record<string, string>>> {
  const secret = (kind: Kind): string => secretOf(which, kind);
  const host = (kind: Kind): string => registries.get(kind)?.host ?? "";
  const auth: Partial<Record<Kind, string>> = {
    selection: base64(JSON.stringify({ username: USERNAME, password: secret("selection") })),
    variable: "$".concat("{FLEET_AUTH}"),
  };
  const tasks = KINDS.map((kind) => {
    const location = { registry: host(kind), ...(auth[kind] === undefined ? {} : { auth: auth[kind] }) };
    const mappings = [{ from: "spaceone/app", to: "copy/app", tags: ["regex: 1\\.11\\..*"] }];
    return { name: kind, interval: 60, source: location, target: location, mappings };
  });
  await writeFile(site.path("selection.yaml"), JSON.stringify({ relay: "skopeo", tasks }));
  await mkdir(site.path(".docker"), { recursive: true });
  const auths = {
    [host("file")]: { auth: pairOf(secret("file")) },
    [`${host("namespace")}/spaceone`]: { auth: pairOf(secret("namespace")) },
    [`${host("namespace")}/copy`]: { auth: pairOf(secret("namespace")) },
    [host("identity")]: { auth: base64(`${USERNAME}:`), identitytoken: secret("identity") },
    [host("registry-token")]: { registrytoken: secret("registry-token") },
  };
  const config = { auths, credHelpers: { [host("helper")]: "fleet" } };
  await writeFile(site.path(".docker/config.json"), JSON.stringify(config));
  const { directory } = await writeCredentialHelper(
    site.directory,
    "fleet",
    answerWith(USERNAME, secret("helper")),
  );
  const inline = { auths: { [host("environment")]: { auth: pairOf(secret("environment")) } } };
  return {
    PATH: `${directory}:${process.env["PATH"]}`,
    FLEET_AUTH: pairOf(secret("variable")),
    DOCKER_AUTH_CONFIG: JSON.stringify(inline),
    BUNDLE_LOG: "debug",
  };
}

test("every kind of credentials lets in, is refused when it is wrong, and is in no output and no file", async () => {
  const from = ["-c", "selection.yaml", "--verbose"];

  const right = { env: await equip("right") };
  const exported = await site.run(["export", ...from, "-o", "out.tar", "--json"], right);
  const imported = await site.run(["import", "out.tar", ...from, "--json"], right);
  const wrong = { env: await equip("wrong") };
  const planned = await site.run(["plan", ...from, "-o", "plan.json"], wrong);
  const refused = await site.run(["import", "out.tar", ...from, "--json"], wrong);

  expect(readDocument(exported, ExportDocument)).toMatchObject({ images: 3 * KINDS.length, failed: [] });
  const statuses = readDocument(imported, ImportDocument).images.map(({ status }) => status);
  expect([imported.exitCode, statuses.length]).toEqual([0, 3 * KINDS.length]);
  expect(statuses).not.toContain("failed");
  expect([planned.exitCode, refused.exitCode]).toEqual([5, 5]);
  const failures = readDocument(refused, ImportDocument).images;
  expect(failures.filter(({ status }) => status !== "failed")).toEqual([]);
  expect(await readFile(site.path("plan.json"), "utf8")).not.toContain(site.directory);
  await expectNoSecrets([exported, imported, planned, refused]);
});

async function expectNoSecrets(runs: readonly BundleRun[]): Promise<void> {
  const secrets = KINDS.flatMap((kind) =>
    (["right", "wrong"] as const).flatMap((which) => {
      const secret = secretOf(which, kind);
      return [secret, encodeURIComponent(secret), base64(secret), pairOf(secret)];
    }),
  );
  for (const { stdout, stderr } of runs) {
    expect(stderr).toContain("debug: GET ");
    for (const secret of secrets) {
      expect(stdout.toString()).not.toContain(secret);
      expect(stderr).not.toContain(secret);
    }
  }
  const files = await listFiles(site.directory);
  expect(files.length).toBeGreaterThan(5);
  for (const path of files) {
    const content = await readFile(path);
    for (const secret of secrets) expect(content.includes(secret), path).toBe(false);
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
