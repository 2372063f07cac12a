import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { PlannedImport } from "@airgap-bundle/core";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readSettings } from "./find-settings.ts";

const SELECTION = `
tasks:
- name: one
  source: {registry: quay.io}
  target: {registry: HARBOR.example.com/p1, auth: ${btoa("one:secret")}}
- name: two
  source: {registry: docker.io}
  target: {registry: harbor.example.com/p2, auth: ${btoa("two:secret")}, skip-tls-verify: true}
- name: three
  source: {registry: docker.io}
`;

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "settings-"));
});

afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

function importOf(task: string, registry: string): PlannedImport {
  const descriptor = { mediaType: "m", digest: `sha256:${"0".repeat(64)}`, size: 1 };
  const target = { registry, repository: "p/app", tag: "1" };
  const about = { resolved: descriptor.digest, descriptor, platforms: [], selectedBy: "1", referrers: [] };
  return {
    image: { source: "docker.io/a/b:1", target, task, ...about },
    target,
    name: `${registry}/p/app:1`,
  };
}

async function readUsername(task: string, registry: string): Promise<string | undefined> {
  const path = join(directory, "selection.yaml");
  await writeFile(path, SELECTION);
  const { find } = await readSettings(path, () => undefined);
  const settings = find(importOf(task, registry));
  return settings?.auth?.kind === "inline" ? settings.auth.credentials.username : undefined;
}

test.each([
  ["one", "harbor.example.com", "one"],
  ["two", "harbor.example.com", "two"],
  ["three", "harbor.example.com", "one"],
  ["one", "other.example.com", undefined],
])("readSettings() gives an image of task %s for %s the user %s", async (task, registry, username) => {
  expect(await readUsername(task, registry)).toBe(username);
});

test("readSettings() knows nothing without a selection", async () => {
  const { find } = await readSettings(undefined, () => undefined);

  expect(find(importOf("one", "quay.io"))).toBeUndefined();
});
