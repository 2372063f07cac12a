import { formatReferrersTag, parseManifest, type Source } from "@airgap-bundle/core";
import type { Quirks } from "@airgap-bundle/registry";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ExportDocument, ImportDocument, PlanDocument, readDocument } from "./support/documents.ts";
import { type MadeManifest, makeImage, makeIndex, putManifest } from "./support/images.ts";
import { readClosure } from "./support/read-closure.ts";
import { makeReferrer, makeSignature, signatureTag } from "./support/signatures.ts";
import { openSite, type Site } from "./support/site.ts";
import { openTestRegistry, type TestRegistry, type TestRegistryOptions } from "./support/test-registry.ts";

const WITHOUT_API: Quirks = { referrersStatus: 404 };
const AMD64 = makeImage(["amd64"]);
const ARM64 = makeImage(["arm64"], "linux/arm64");
const INDEX = makeIndex([AMD64, ARM64]);
const OTHER = makeImage(["other"]);
const BUNDLE = makeReferrer(INDEX.descriptor, "sigstore bundle");
const SBOM = makeReferrer(AMD64.descriptor, "sbom", "application/spdx+json");
const SBOM_SIGNATURE = makeReferrer(SBOM.descriptor, "signature of the sbom");
const ATTESTATIONS = makeIndex([makeImage(["provenance"], "unknown/unknown")], { subject: ARM64.descriptor });
const SIGNATURE = makeSignature(INDEX.descriptor);
const SIGNATURE_TAG = signatureTag(INDEX.descriptor);
const BY_SUBJECT = [BUNDLE, SBOM, SBOM_SIGNATURE, ATTESTATIONS];
const EXPORT = ["export", "-c", "selection.yaml", "-o", "out.tar", "--platform", "all", "--json"];

let site: Site;
const opened: TestRegistry[] = [];

beforeEach(async () => {
  site = await openSite();
});

afterEach(async () => {
  await Promise.all([site.close(), ...opened.splice(0).map(async (registry) => await registry.close())]);
});

async function serve(options: TestRegistryOptions = {}): Promise<TestRegistry> {
  const registry = await openTestRegistry(options);
  opened.push(registry);
  return registry;
}

/** A registry with a signed image in `team/app` and one that nothing speaks of in `team/other`. */
async function serveSource(quirks: Quirks = {}): Promise<TestRegistry> {
  const source = await serve({ quirks });
  const app = source.store.openRepository("team/app");
  await putManifest(app, INDEX, "1.0");
  for (const referrer of BY_SUBJECT) await putManifest(app, referrer);
  await putManifest(app, SIGNATURE, SIGNATURE_TAG);
  await putManifest(source.store.openRepository("team/other"), OTHER, "1.0");
  if (quirks.referrersStatus !== undefined) {
    for (const referrer of BY_SUBJECT) {
      const { subject } = parseManifest(referrer.descriptor, referrer.content);
      await putManifest(app, makeIndex([referrer]), formatReferrersTag(subject?.digest ?? ""));
    }
  }
  await select(source, ["1.0"]);
  return source;
}

async function select({ host }: TestRegistry, tags: readonly string[]): Promise<void> {
  const mappings = ["team/app", "team/other"].map((from) => ({ from, to: from, tags }));
  await site.select("selection.yaml", { registry: host, mappings });
}

async function importInto({ host }: TestRegistry, ...flags: readonly string[]): Promise<ImportDocument> {
  return readDocument(
    await site.run(["import", "out.tar", "--to", host, "--json", ...flags]),
    ImportDocument,
  );
}

/** Digests that the list under the tag of the tag schema has. */
async function readList(repository: Source, { descriptor }: MadeManifest): Promise<readonly string[]> {
  const list = await repository.resolve(formatReferrersTag(descriptor.digest));
  if (list === undefined) return [];
  const manifest = parseManifest(list, await repository.readManifest(list));
  return manifest.kind === "index" ? manifest.children.map(({ digest }) => digest) : [];
}

test.each<[string, Quirks, Quirks]>([
  ["a registry with the referrers API into one with it", {}, {}],
  ["a registry with the referrers API into one without it", {}, WITHOUT_API],
  ["a registry without the referrers API into one with it", WITHOUT_API, {}],
  ["a registry without the referrers API into one without it", WITHOUT_API, WITHOUT_API],
])("signatures travel from %s", async (_what, sourceQuirks, targetQuirks) => {
  await serveSource(sourceQuirks);
  const target = await serve({ quirks: targetQuirks });

  const exported = readDocument(await site.run(EXPORT), ExportDocument);
  const verified = await site.run(["verify", "out.tar"]);
  const imported = await importInto(target);

  expect(exported.referrers).toEqual({ count: 5, images: 1, failed: [] });
  expect(verified).toMatchObject({ exitCode: 0 });
  expect(
    imported.images.map(({ status, referrers }) => [status, referrers.pushed, referrers.failed]),
  ).toEqual([
    ["pushed", 5, 0],
    ["pushed", 0, 0],
  ]);
  const app = target.store.openRepository("team/app");
  expect(await app.resolve(SIGNATURE_TAG)).toEqual(SIGNATURE.descriptor);
  for (const { descriptor } of [...BY_SUBJECT, SIGNATURE])
    for (const [digest, actual] of await readClosure(app, descriptor)) expect(actual).toBe(digest);
  for (const [subject, referrer] of [
    [INDEX, BUNDLE],
    [AMD64, SBOM],
    [SBOM, SBOM_SIGNATURE],
    [ARM64, ATTESTATIONS],
  ] as const) {
    expect(await app.listReferrers(subject.descriptor.digest)).toMatchObject([referrer.descriptor]);
    expect(await readList(app, subject)).toEqual(
      targetQuirks.referrersStatus === undefined ? [] : [referrer.descriptor.digest],
    );
  }
});

test("a plan tells for each image whether it has signatures, and where they stay behind", async () => {
  await serveSource();

  const whole = readDocument(
    await site.run(["plan", "-c", "selection.yaml", "--platform", "all", "--json"]),
    PlanDocument,
  );
  const part = readDocument(await site.run(["plan", "-c", "selection.yaml", "--json"]), PlanDocument);
  const shown = await site.run(["plan", "-c", "selection.yaml"]);
  const off = readDocument(
    await site.run(["plan", "-c", "selection.yaml", "--no-referrers", "--json"]),
    PlanDocument,
  );

  const states = ({ images }: PlanDocument): unknown =>
    images.map(({ referrers, referrerCount }) => [referrers, referrerCount]);
  expect(states(whole)).toEqual([
    ["found", 5],
    ["none", 0],
  ]);
  expect(states(part)).toEqual([
    ["found", 2],
    ["none", 0],
  ]);
  expect(part.warnings).toMatchObject([{ code: "INDEX_REFERRERS" }]);
  expect(shown.stderr).toContain("One image has signatures of the whole index");
  expect(shown.stdout.toString()).toContain("1 of them with referrers (2 in all)");
  expect(states(off)).toEqual([
    ["off", 0],
    ["off", 0],
  ]);
});

test("what is not known of signatures is said by plan, export, inspect and import, and stops nothing", async () => {
  await serveSource({ referrersStatus: 403 });
  const target = await serve();

  const plan = readDocument(await site.run(["plan", "-c", "selection.yaml", "--json"]), PlanDocument);
  const run = await site.run(EXPORT);
  const inspected = await site.run(["inspect", "out.tar"]);
  const imported = await importInto(target);

  expect(plan.images.map(({ referrers }) => referrers)).toEqual(["unknown", "unknown"]);
  expect(run.exitCode).toBe(0);
  expect(run.stderr).toContain("may be missing: Cannot look for referrers in");
  expect(readDocument(run, ExportDocument).referrers.failed.map(({ code }) => code)).toContain("DENIED");
  expect(inspected.stdout.toString()).toContain("1 referrer, perhaps more");
  expect(inspected.stdout.toString()).toContain("referrers not known");
  expect(imported.images.map(({ referrers }) => referrers.unknown)).toEqual([true, true]);
});

test("a second export asks each manifest once for referrers, or no one where there is no API and no list", async () => {
  const source = await serveSource();
  await select(source, ["regex: 1.*"]);
  const first = readDocument(await site.run(EXPORT), ExportDocument);
  source.takeCounts();

  const second = readDocument(await site.run(EXPORT), ExportDocument);

  // Three manifests of the index, its five referrers and the one in that of them which is an index; the other image.
  expect(source.takeCounts()).toEqual({
    "GET tags": 2,
    "HEAD manifest": 2 + 1,
    "GET referrers": 3 + 5 + 1 + 1,
  });
  expect(second).toMatchObject({ bundle: first.bundle, downloaded: { count: 0 } });
});

test("without an API one question for each repository is enough", async () => {
  const source = await serveSource(WITHOUT_API);
  await select(source, ["regex: 1.*"]);
  const first = readDocument(await site.run(EXPORT), ExportDocument);
  source.takeCounts();

  const second = readDocument(await site.run(EXPORT), ExportDocument);

  // Of the tags that speak of others there are four lists and a signature.
  expect(source.takeCounts()).toEqual({ "GET tags": 2, "HEAD manifest": 2 + 5, "GET referrers": 2 });
  expect(second).toMatchObject({ bundle: first.bundle, downloaded: { count: 0 } });
});

test.each<[string, Quirks]>([
  ["with the referrers API", {}],
  ["without it", WITHOUT_API],
])(
  "a second import into a registry %s sends nothing, and a dry run before the first says what it would",
  async (_what, quirks) => {
    await serveSource();
    const target = await serve({ quirks });
    await site.run(EXPORT);

    const dry = await importInto(target, "--dry-run");
    await importInto(target);
    target.takeCounts();
    const again = await importInto(target);

    expect(dry.images.map(({ status, referrers }) => [status, referrers.planned])).toEqual([
      ["planned", 5],
      ["planned", 0],
    ]);
    expect(again.images.map(({ status, referrers }) => [status, referrers.unchanged])).toEqual([
      ["unchanged", 5],
      ["unchanged", 0],
    ]);
    expect(again.blobs).toEqual({ uploaded: 0, mounted: 0, existing: 0 });
    expect(Object.keys(target.takeCounts()).filter((kind) => !/^(?:HEAD|GET) /.test(kind))).toEqual([]);
  },
);

test("a signature that was added to an image which is inside already is brought by the next bundle", async () => {
  const source = await serve();
  const target = await serve();
  const app = source.store.openRepository("team/app");
  await putManifest(app, OTHER, "1.0");
  await putManifest(app, makeSignature(OTHER.descriptor), signatureTag(OTHER.descriptor));
  await site.select("selection.yaml", {
    registry: source.host,
    mappings: [{ from: "team/app", tags: ["1.0"] }],
  });
  await site.run(EXPORT);
  await importInto(target);
  const both = makeSignature(OTHER.descriptor, ["us", "them"]);
  await putManifest(app, both, signatureTag(OTHER.descriptor));
  await putManifest(app, makeReferrer(OTHER.descriptor, "later"));

  await site.run(EXPORT);
  const imported = await importInto(target);

  expect(imported.images).toMatchObject([{ status: "unchanged", referrers: { pushed: 2, failed: 0 } }]);
  const inside = target.store.openRepository("mirror/team/app");
  expect(await inside.resolve(signatureTag(OTHER.descriptor))).toEqual(both.descriptor);
});

test("signatures that were made inside are not overwritten, and the import says so", async () => {
  await serveSource();
  const target = await serve();
  const inside = makeSignature(INDEX.descriptor, ["inside"]);
  await putManifest(target.store.openRepository("team/app"), inside, SIGNATURE_TAG);
  await site.run(EXPORT);

  const run = await site.run(["import", "out.tar", "--to", target.host, "--json"]);

  expect(run.exitCode).toBe(1);
  const [image] = readDocument(run, ImportDocument).images;
  expect(image).toMatchObject({ status: "pushed", referrers: { pushed: 4, failed: 1 } });
  expect(image?.referrers.failures).toMatchObject([{ code: "TARGET_CONFLICT" }]);
  expect(await target.store.openRepository("team/app").resolve(SIGNATURE_TAG)).toEqual(inside.descriptor);
});

test("a referrer whose content is gone stays behind, is named, and does not cost the image", async () => {
  const source = await serveSource();
  const [, layer] = SBOM.blobs;
  await source.store.openRepository("team/app").deleteBlob(layer?.descriptor.digest ?? "");

  const run = await site.run(EXPORT);

  expect(run.exitCode).toBe(1);
  expect(run.stderr).toContain("may be missing: Cannot fetch blob");
  const { images, failed, referrers } = readDocument(run, ExportDocument);
  expect({ images, failed, count: referrers.count }).toEqual({ images: 2, failed: [], count: 3 });
  expect(referrers.failed).toMatchObject([
    { subject: AMD64.descriptor.digest, digest: SBOM.descriptor.digest },
    { subject: SBOM.descriptor.digest, digest: SBOM_SIGNATURE.descriptor.digest },
  ]);
});
