import type { Quirks } from "@airgap-bundle/registry";
import { expect, test } from "vitest";
import { ExportDocument, PlanDocument, readDocument } from "./support/documents.ts";
import { readClosure } from "./support/read-closure.ts";
import {
  AMD64,
  ARM64,
  ATTESTATIONS,
  BUNDLE,
  BY_SUBJECT,
  EXPORT,
  INDEX,
  readReferrersList,
  SBOM,
  SBOM_SIGNATURE,
  SIGNATURE,
  SIGNATURE_TAG,
  useSignedExchange,
  WITHOUT_API,
} from "./support/signed-exchange.ts";

const exchange = useSignedExchange();

test.each<[string, Quirks, Quirks]>([
  ["a registry with the referrers API into one with it", {}, {}],
  ["a registry with the referrers API into one without it", {}, WITHOUT_API],
  ["a registry without the referrers API into one with it", WITHOUT_API, {}],
  ["a registry without the referrers API into one without it", WITHOUT_API, WITHOUT_API],
])("signatures travel from %s", async (_what, sourceQuirks, targetQuirks) => {
  await exchange.serveSource(sourceQuirks);
  const target = await exchange.serve(targetQuirks);

  const exported = readDocument(await exchange.site.run(EXPORT), ExportDocument);
  const verified = await exchange.site.run(["verify", "out.tar"]);
  const imported = await exchange.importInto(target);

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
    expect(await readReferrersList(app, subject)).toEqual(
      targetQuirks.referrersStatus === undefined ? [] : [referrer.descriptor.digest],
    );
  }
});

test("a plan tells for each image whether it has signatures, and where they stay behind", async () => {
  await exchange.serveSource();

  const whole = readDocument(
    await exchange.site.run(["plan", "-c", "selection.yaml", "--platform", "all", "--json"]),
    PlanDocument,
  );
  const part = readDocument(
    await exchange.site.run(["plan", "-c", "selection.yaml", "--json"]),
    PlanDocument,
  );
  const shown = await exchange.site.run(["plan", "-c", "selection.yaml"]);
  const off = readDocument(
    await exchange.site.run(["plan", "-c", "selection.yaml", "--no-referrers", "--json"]),
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
  expect(shown.stderr).toContain("One image may have signatures of the whole index");
  expect(shown.stdout.toString()).toContain("1 of them with referrers (2 in all)");
  expect(states(off)).toEqual([
    ["off", 0],
    ["off", 0],
  ]);
});

test("what is not known of signatures is said by plan, export, inspect and import, and stops nothing", async () => {
  await exchange.serveSource({ referrersStatus: 403 });
  const target = await exchange.serve();

  const plan = readDocument(
    await exchange.site.run(["plan", "-c", "selection.yaml", "--json"]),
    PlanDocument,
  );
  const run = await exchange.site.run(EXPORT);
  const inspected = await exchange.site.run(["inspect", "out.tar"]);
  const imported = await exchange.importInto(target);

  expect(plan.images.map(({ referrers }) => referrers)).toEqual(["unknown", "unknown"]);
  expect(run.exitCode).toBe(0);
  expect(run.stderr).toContain("may be missing: Cannot look for referrers in");
  expect(readDocument(run, ExportDocument).referrers.failed.map(({ code }) => code)).toContain("DENIED");
  expect(inspected.stdout.toString()).toContain("1 referrer, perhaps more");
  expect(inspected.stdout.toString()).toContain("referrers not known");
  expect(imported.images.map(({ referrers }) => referrers.unknown)).toEqual([true, true]);
});

test("a second export asks each manifest once for referrers, or no one where there is no API and no list", async () => {
  const source = await exchange.serveSource();
  await exchange.select(source, ["regex: 1.*"]);
  const first = readDocument(await exchange.site.run(EXPORT), ExportDocument);
  source.takeCounts();

  const second = readDocument(await exchange.site.run(EXPORT), ExportDocument);

  // Three manifests of the index, its five referrers and the one in that of them which is an index; the other image.
  expect(source.takeCounts()).toEqual({
    "GET tags": 2,
    "HEAD manifest": 2 + 1,
    "GET referrers": 3 + 5 + 1 + 1,
  });
  expect(second).toMatchObject({ bundle: first.bundle, downloaded: { count: 0 } });
});

test("without an API one question for all repositories beside each other is enough", async () => {
  const source = await exchange.serveSource(WITHOUT_API);
  await exchange.select(source, ["regex: 1.*"]);
  const first = readDocument(await exchange.site.run(EXPORT), ExportDocument);
  source.takeCounts();

  const second = readDocument(await exchange.site.run(EXPORT), ExportDocument);

  // Of the tags that speak of others there are four lists and a signature.
  expect(source.takeCounts()).toEqual({ "GET tags": 2, "HEAD manifest": 2 + 5, "GET referrers": 1 });
  expect(second).toMatchObject({ bundle: first.bundle, downloaded: { count: 0 } });
});

test("a referrer whose content is gone stays behind, is named, and does not cost the image", async () => {
  const source = await exchange.serveSource();
  const [, layer] = SBOM.blobs;
  await source.store.openRepository("team/app").deleteBlob(layer?.descriptor.digest ?? "");

  const run = await exchange.site.run(EXPORT);

  expect(run.exitCode).toBe(1);
  expect(run.stderr).toContain("may be missing: Cannot fetch blob");
  const { images, failed, referrers } = readDocument(run, ExportDocument);
  expect({ images, failed, count: referrers.count }).toEqual({ images: 2, failed: [], count: 3 });
  expect(referrers.failed).toMatchObject([
    { subject: AMD64.descriptor.digest, digest: SBOM.descriptor.digest },
    { subject: SBOM.descriptor.digest, digest: SBOM_SIGNATURE.descriptor.digest },
  ]);
});
