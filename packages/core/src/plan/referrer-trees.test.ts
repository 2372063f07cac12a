import { expect, test } from "vitest";
import { type MadeManifest, makeBlob, makeImage, makeIndex } from "../../../../test/support/images.ts";
import { onlyImage, useReferrerScene } from "../../../../test/support/referrer-scene.ts";
import type { Source } from "../repository.ts";

const AMD64 = makeImage(["amd64"]);
const ARM64 = makeImage(["arm64"], "linux/arm64");
const INNER = makeImage(["provenance"], "unknown/unknown");

const scene = useReferrerScene(makeIndex([AMD64, ARM64]));

/** Referrers that are indexes, by digest of their subject; `MANY` names what is no manifest, which is not asked for. */
const MANY = makeIndex(
  Array.from({ length: 9_999 }, (_, i) => ({
    ...makeBlob(`${i}`, "text/plain"),
    blobs: [],
    children: [],
    entry: {},
  })),
  { subject: AMD64.descriptor },
);
const ONE = makeIndex([INNER], { subject: ARM64.descriptor });
const LISTED: ReadonlyMap<string, readonly MadeManifest[]> = new Map([
  [AMD64.descriptor.digest, [makeIndexBehind(MANY), MANY]],
  [ARM64.descriptor.digest, [ONE]],
]);

/** One whose digest comes behind another's. */
function makeIndexBehind({ descriptor }: MadeManifest): MadeManifest {
  for (let attempt = 0; ; attempt++) {
    const annotations = { attempt: `${attempt}` };
    const index = makeIndex([AMD64, makeImage(["sbom"])], { subject: AMD64.descriptor, annotations });
    if (index.descriptor.digest > descriptor.digest) return index;
  }
}

test("resolvePlan() counts what lies below the referrers of each manifest by itself, and says what exceeds it", async () => {
  const listReferrers: Source["listReferrers"] = async (digest) =>
    (LISTED.get(digest) ?? []).map(({ descriptor }) => descriptor);
  const contents = new Map(
    [...LISTED.values(), [INNER]].flat().map((made) => [made.descriptor.digest, made]),
  );
  const readManifest: Source["readManifest"] = async (descriptor) =>
    contents.get(descriptor.digest)?.content ?? (await scene.app.readManifest(descriptor));

  const image = onlyImage(await scene.plan("'1'", { listReferrers, readManifest }, { platforms: ["all"] }));

  expect(image.referrers.map(({ descriptor }) => descriptor)).toEqual([ONE.descriptor]);
  expect(image.referrerFailures).toMatchObject([
    { digest: MANY.descriptor.digest, code: "MANIFEST_INVALID" },
    { code: "SIZE_INVALID", message: expect.stringContaining("more than 10000 manifests lie below") },
  ]);
});
