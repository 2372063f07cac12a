import { formatReferrersTag } from "@airgap-bundle/core";
import type { Quirks } from "@airgap-bundle/registry";
import { expect, test } from "vitest";
import { ImportDocument, readDocument } from "./support/documents.ts";
import { makeIndex, putManifest } from "./support/images.ts";
import { makeReferrer, makeSignature, signatureTag } from "./support/signatures.ts";
import {
  BUNDLE,
  EXPORT,
  INDEX,
  OTHER,
  readReferrersList,
  SIGNATURE_TAG,
  useSignedExchange,
  WITHOUT_API,
} from "./support/signed-exchange.ts";

const exchange = useSignedExchange();

test.each<[string, Quirks]>([
  ["with the referrers API", {}],
  ["without it", WITHOUT_API],
])(
  "a second import into a registry %s sends nothing, and a dry run before the first says what it would",
  async (_what, quirks) => {
    await exchange.serveSource();
    const target = await exchange.serve(quirks);
    await exchange.site.run(EXPORT);

    const dry = await exchange.importInto(target, "--dry-run");
    await exchange.importInto(target);
    target.takeCounts();
    const again = await exchange.importInto(target);

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
  const source = await exchange.serve();
  const target = await exchange.serve();
  const app = source.store.openRepository("team/app");
  await putManifest(app, OTHER, "1.0");
  await putManifest(app, makeSignature(OTHER.descriptor), signatureTag(OTHER.descriptor));
  await exchange.site.select("selection.yaml", {
    registry: source.host,
    mappings: [{ from: "team/app", tags: ["1.0"] }],
  });
  await exchange.site.run(EXPORT);
  await exchange.importInto(target);
  const both = makeSignature(OTHER.descriptor, ["us", "them"]);
  await putManifest(app, both, signatureTag(OTHER.descriptor));
  await putManifest(app, makeReferrer(OTHER.descriptor, "later"));

  await exchange.site.run(EXPORT);
  const imported = await exchange.importInto(target);

  expect(imported.images).toMatchObject([{ status: "unchanged", referrers: { pushed: 2, failed: 0 } }]);
  const inside = target.store.openRepository("mirror/team/app");
  expect(await inside.resolve(signatureTag(OTHER.descriptor))).toEqual(both.descriptor);
});

test("signatures that were made inside are not overwritten, and the import says so", async () => {
  await exchange.serveSource();
  const target = await exchange.serve();
  const inside = makeSignature(INDEX.descriptor, ["inside"]);
  await putManifest(target.store.openRepository("team/app"), inside, SIGNATURE_TAG);
  await exchange.site.run(EXPORT);

  const run = await exchange.site.run(["import", "out.tar", "--to", target.host, "--json"]);

  expect(run.exitCode).toBe(1);
  const [image] = readDocument(run, ImportDocument).images;
  expect(image).toMatchObject({ status: "pushed", referrers: { pushed: 4, failed: 1 } });
  expect(image?.referrers.failures).toMatchObject([{ code: "TARGET_CONFLICT" }]);
  expect(await target.store.openRepository("team/app").resolve(SIGNATURE_TAG)).toEqual(inside.descriptor);
});

test("a selection that takes the tags of signatures as images does not cost those that were made inside", async () => {
  const source = await exchange.serveSource(WITHOUT_API);
  const target = await exchange.serve(WITHOUT_API);
  await exchange.select(source, ["regex: .*"]);
  await exchange.site.run(EXPORT);
  const first = await exchange.importInto(target);
  const app = target.store.openRepository("team/app");
  const inside = makeReferrer(INDEX.descriptor, "inside");
  await putManifest(app, inside);
  await putManifest(app, makeIndex([BUNDLE, inside]), formatReferrersTag(INDEX.descriptor.digest));

  const second = await exchange.importInto(target);

  expect(first.images.map(({ code }) => code)).toEqual(Array(7).fill(undefined));
  expect(second.images.map(({ code }) => code).filter((code) => code !== undefined)).toEqual([
    "TARGET_CONFLICT",
  ]);
  expect(await readReferrersList(app, INDEX)).toEqual(
    [BUNDLE, inside].map(({ descriptor }) => descriptor.digest),
  );
});
