import type { Descriptor, Source } from "@airgap-bundle/core";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createLayer } from "./fleet/layer.ts";
import {
  type IndexEntry,
  pushArtifact,
  pushAttestation,
  pushImage,
  pushIndex,
} from "./fleet/push-content.ts";
import { seededBytes } from "./fleet/seeded-bytes.ts";
import { compareTarget } from "./support/compare-target.ts";
import { ImportDocument, IndexDocument, PlanDocument, readDocument } from "./support/documents.ts";
import { type Exchange, openExchange, RELEASES, RELEASES_PER_REPOSITORY } from "./support/exchange.ts";
import { readClosure } from "./support/read-closure.ts";

const PLATFORMS = ["amd64", "arm64", "s390x"].map((architecture) => ({ os: "linux", architecture }));

let exchange: Exchange;

beforeEach(async () => {
  exchange = await openExchange();
});

afterEach(async () => {
  await exchange.close();
});

test.each([
  ["the default platform", []],
  ["another platform", ["--platform", "linux/arm64"]],
  ["two platforms", ["--platform", "linux/amd64", "--platform", "linux/arm64"]],
  ["all platforms", ["--platform", "all"]],
])("the target gets what was planned: %s", async (_, flags) => {
  const artifact = await prepare();

  const { plan, imported } = await carry(flags);

  expect(plan.images).toHaveLength(RELEASES.length * RELEASES_PER_REPOSITORY + 2);
  expect(plan.images.map(({ descriptor }) => descriptor.digest)).toContain(artifact.digest);
  expect(new Set(imported.images.map(({ status }) => status))).toEqual(new Set(["pushed"]));
  expect(await compareTarget(plan, exchange.target.host)).toEqual([]);
  for (const { target, descriptor } of plan.images) {
    const closure = await readClosure(exchange.target.store.openRepository(target.repository), descriptor);
    for (const [digest, actual] of closure) expect(actual).toBe(digest);
  }
});

test("all platforms keep every digest of the source, those of attestations among them", async () => {
  await prepare();

  const { plan } = await carry(["--platform", "all"]);

  const attestations: string[] = [];
  for (const { source, target, descriptor, resolved } of plan.images) {
    expect(descriptor.digest).toBe(resolved);
    const name = source.slice(source.indexOf("/") + 1, source.lastIndexOf(":"));
    const before = await readClosure(exchange.source.store.openRepository(name), descriptor);
    const after = await readClosure(exchange.target.store.openRepository(target.repository), descriptor);
    expect(after).toEqual(before);
    if (source.includes("attested")) attestations.push(...before.keys());
  }
  expect(new Set(attestations).size).toBeGreaterThan(0);
});

test("several platforms of more give the index without its other entries", async () => {
  await prepare();

  const { plan } = await carry(["--platform", "linux/amd64", "--platform", "linux/s390x"], "three.yaml");

  const [image] = plan.images;
  const { source, target } = exchange;
  const original = await readIndex(source.store.openRepository("spaceone/three"), image?.resolved);
  const stored = await readIndex(target.store.openRepository("mirror/spaceone/three"), "1.0");
  expect(image?.descriptor.digest).not.toBe(image?.resolved);
  const isWanted = (_: unknown, position: number): boolean => position % PLATFORMS.length !== 1;
  expect(stored).toEqual({ ...original, manifests: original.manifests.filter(isWanted) });
  expect(stored.manifests).toHaveLength(4);
});

async function readIndex(repository: Source, reference: string = ""): Promise<IndexDocument> {
  const descriptor = await repository.resolve(reference);
  if (descriptor === undefined) throw new Error(`Cannot read ${reference}: it is not there`);
  const content = await repository.readManifest(descriptor);
  return IndexDocument.parse(JSON.parse(new TextDecoder().decode(content)));
}

/** Adds what the fleet does not have: an artifact, and an index of three platforms with an attestation for each. */
async function prepare(): Promise<Descriptor> {
  const { site, source } = exchange;
  const charts = source.store.openRepository("spaceone/chart");
  const artifact = await pushArtifact(charts, seededBytes("chart", 1000), { tag: "1.0" });
  const three = source.store.openRepository("spaceone/three");
  const layers = [createLayer("app", seededBytes("three", 1000))];
  const entries: IndexEntry[] = [];
  for (const platform of PLATFORMS) {
    entries.push({ ...(await pushImage(three, { flavour: "oci", platform, layers })), platform });
  }
  const attestations: IndexEntry[] = [];
  for (const entry of entries) attestations.push(await pushAttestation(three, entry));
  await pushIndex(three, { flavour: "oci", manifests: [...entries, ...attestations], tag: "1.0" });
  const threeMapping = { from: "spaceone/three", tags: ["1.0"] };
  const mappings = [...RELEASES, { from: "spaceone/chart", tags: ["1.0"] }, threeMapping];
  await site.select("selection.yaml", { registry: source.host, mappings });
  await site.select("three.yaml", { registry: source.host, mappings: [threeMapping] });
  return artifact;
}

/** Plans, exports and imports. */
async function carry(
  flags: readonly string[],
  selection: string = "selection.yaml",
): Promise<{ readonly plan: PlanDocument; readonly imported: ImportDocument }> {
  const { site, target } = exchange;
  const from = ["-c", selection, ...flags];
  const plan = readDocument(await site.run(["plan", ...from, "--json"]), PlanDocument);
  const exported = await site.run(["export", ...from, "-o", "out.tar"]);
  expect(exported).toMatchObject({ exitCode: 0 });
  const imported = await site.run(["import", "out.tar", "--to", target.host, "--json"]);
  expect(imported).toMatchObject({ exitCode: 0 });
  return { plan, imported: readDocument(imported, ImportDocument) };
}
