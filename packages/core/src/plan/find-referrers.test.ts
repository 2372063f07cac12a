import { describe, expect, test } from "vitest";
import {
  type MadeManifest,
  makeAttestation,
  makeImage,
  makeIndex,
  putManifest,
} from "../../../../test/support/images.ts";
import { onlyImage, useReferrerScene, WITHOUT_API } from "../../../../test/support/referrer-scene.ts";
import { makeReferrer, makeSignature, signatureTag } from "../../../../test/support/signatures.ts";
import type { PlannedImage } from "./plan.ts";

const AMD64 = makeImage(["amd64"]);
const ARM64 = makeImage(["arm64"], "linux/arm64");
const INDEX = makeIndex([AMD64, ARM64]);
const SIGNATURE = makeReferrer(AMD64.descriptor, "signature");
const SBOM = makeReferrer(AMD64.descriptor, "sbom", "application/spdx+json");

const scene = useReferrerScene(INDEX);

/** Subject, digest and tag of each referrer. */
function summarize(image: PlannedImage): unknown[] {
  return image.referrers.map(({ subject, descriptor, tag }) => [subject, descriptor.digest, tag]);
}

function digestsOf(...made: readonly MadeManifest[]): string[] {
  return made.map(({ descriptor }) => descriptor.digest).sort();
}

describe("resolvePlan() with referrers", () => {
  test("takes what the API lists, in the order of digests, and reads it", async () => {
    for (const referrer of [SIGNATURE, SBOM]) await putManifest(scene.app, referrer);

    const planned = await scene.plan("'1'");

    const image = onlyImage(planned);
    expect(image).toMatchObject({ referrerStatus: "found", referrerFailures: [] });
    expect(summarize(image)).toEqual(
      digestsOf(SIGNATURE, SBOM).map((digest) => [AMD64.descriptor.digest, digest, undefined]),
    );
    expect([...planned.manifests.keys()]).toEqual(expect.arrayContaining(digestsOf(SIGNATURE, SBOM)));
    expect(planned.pulls).toMatchObject([{ needed: 4 }]);
  });

  test("says that there are none, with no request that the list of tags makes needless", async () => {
    const planned = await scene.plan("'regex: 1'", WITHOUT_API);

    expect(onlyImage(planned)).toMatchObject({ referrers: [], referrerStatus: "none" });
    expect(planned.warnings).toEqual([]);
    expect(scene.requests.filter((request) => request.startsWith("resolve"))).toEqual(["resolve 1"]);
    expect(scene.requests.filter((request) => request === "listTags")).toHaveLength(1);
  });

  test("looks for nothing if told so, and does not call that none", async () => {
    const planned = await scene.plan("'1'", {}, { referrers: false });

    expect(onlyImage(planned)).toMatchObject({ referrers: [], referrerStatus: "off" });
    expect(scene.requests.filter((request) => request.startsWith("listReferrers"))).toEqual([]);
  });

  test("takes the list under the tag schema's tag where there is no API", async () => {
    await scene.putList(AMD64.descriptor, SIGNATURE);

    const image = onlyImage(await scene.plan("'1'", WITHOUT_API));

    expect(image.referrerStatus).toBe("found");
    expect(summarize(image)).toEqual([[AMD64.descriptor.digest, SIGNATURE.descriptor.digest, undefined]]);
  });

  test.each([
    ["with a list of tags", "'regex: 1'", 1],
    ["with a list made for that", "'1'", 1],
    ["asking for each tag of a single manifest", "latest", 0],
  ])("finds cosign's tags %s", async (_what, tags, lists) => {
    const signature = makeSignature(AMD64.descriptor);
    await putManifest(scene.app, AMD64, "latest");
    for (const suffix of ["sig", "att", "sbom"])
      await putManifest(scene.app, signature, signatureTag(AMD64.descriptor, suffix));

    const image = onlyImage(await scene.plan(tags));

    expect(image.referrerStatus).toBe("found");
    expect(image.referrers.map(({ tag }) => tag)).toEqual(
      ["att", "sbom", "sig"].map((suffix) => signatureTag(AMD64.descriptor, suffix)),
    );
    expect(scene.requests.filter((request) => request === "listTags")).toHaveLength(lists);
  });

  test("takes those of every manifest of an index, each behind its subject", async () => {
    const whole = makeReferrer(INDEX.descriptor, "index");
    const child = makeReferrer(ARM64.descriptor, "child");
    for (const referrer of [SIGNATURE, whole, child]) await putManifest(scene.app, referrer);

    const image = onlyImage(await scene.plan("'1'", {}, { platforms: ["all"] }));

    expect(image.referrers.map(({ subject }) => subject)).toEqual(
      [INDEX, AMD64, ARM64].map(({ descriptor }) => descriptor.digest),
    );
  });

  test("says that signatures of an index stay behind of which a part is carried", async () => {
    await putManifest(scene.app, makeReferrer(INDEX.descriptor, "index"));

    const planned = await scene.plan("'1'");

    expect(onlyImage(planned)).toMatchObject({ referrers: [], referrerStatus: "none" });
    expect(planned.warnings).toEqual([
      {
        code: "INDEX_REFERRERS",
        message: expect.stringContaining("One image may have signatures of the whole index"),
      },
    ]);
  });

  test("spends no pull on the list of an index of which a part is carried", async () => {
    await scene.putList(INDEX.descriptor);

    const planned = await scene.plan("'1'", WITHOUT_API);

    expect(onlyImage(planned)).toMatchObject({ referrers: [], referrerStatus: "none" });
    expect(planned.warnings).toMatchObject([
      { code: "INDEX_REFERRERS", message: expect.stringContaining("One image may have signatures") },
    ]);
    expect([...planned.manifests.keys()]).toHaveLength(2);
  });

  test("asks no registry about an index that was made here", async () => {
    await scene.plan("'1'", {}, { platforms: ["linux/amd64", "linux/arm64"] });
    const asked = scene.requests.filter((request) => request.startsWith("listReferrers"));

    const three = makeIndex([AMD64, ARM64, makeImage(["s390x"], "linux/s390x")]);
    await putManifest(scene.app, three, "3");
    scene.requests.length = 0;
    await scene.plan("'3'", {}, { platforms: ["linux/amd64", "linux/arm64"] });

    expect(asked).toHaveLength(3);
    expect(scene.requests.filter((request) => request.startsWith("listReferrers")).sort()).toEqual(
      digestsOf(three, AMD64, ARM64).map((digest) => `listReferrers ${digest}`),
    );
  });

  test("takes what speaks of a referrer too, and what lies in one that is an index", async () => {
    const inner = makeReferrer(SBOM.descriptor, "signature of the description");
    const attestations = makeIndex([makeImage(["provenance"], "unknown/unknown")], {
      subject: AMD64.descriptor,
    });
    for (const referrer of [SBOM, inner, attestations]) await putManifest(scene.app, referrer);

    const planned = await scene.plan("'1'");

    expect(summarize(onlyImage(planned))).toEqual([
      ...digestsOf(SBOM, attestations).map((digest) => [AMD64.descriptor.digest, digest, undefined]),
      [SBOM.descriptor.digest, inner.descriptor.digest, undefined],
    ]);
    expect([...planned.manifests.keys()]).toEqual(
      expect.arrayContaining(digestsOf(...attestations.children)),
    );
  });

  test("carries an attestation once that is in the index and names what lies beside it", async () => {
    const attestation = makeReferrer(
      AMD64.descriptor,
      "provenance",
      "application/vnd.docker.attestation.manifest.v1+json",
    );
    const { entry } = makeAttestation(AMD64);
    await putManifest(scene.app, makeIndex([AMD64, { ...attestation, entry }]), "attested");

    expect(onlyImage(await scene.plan("attested", {}, { platforms: ["all"] }))).toMatchObject({
      referrers: [],
      referrerStatus: "none",
    });
    expect(summarize(onlyImage(await scene.plan("attested")))).toEqual([
      [AMD64.descriptor.digest, attestation.descriptor.digest, undefined],
    ]);
  });

  test("costs no pull when it is done again", async () => {
    await scene.putList(AMD64.descriptor, SIGNATURE);
    await scene.plan("'1'", WITHOUT_API);
    scene.requests.length = 0;

    const planned = await scene.plan("'1'", WITHOUT_API);

    expect(onlyImage(planned).referrers).toHaveLength(1);
    expect(planned.pulls).toEqual([]);
    expect(scene.requests.filter((request) => request.startsWith("readManifest"))).toEqual([]);
  });
});
