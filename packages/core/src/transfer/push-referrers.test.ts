import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createRegistries, type MemoryRegistries, writeBundle } from "../../../../test/support/bundles.ts";
import { makeImage, makeIndex, putManifest } from "../../../../test/support/images.ts";
import {
  makeKeySignatures,
  makeReferrer,
  makeSignature,
  signatureTag,
} from "../../../../test/support/signatures.ts";
import { type OpenedBundle, openBundle } from "../bundle/open-bundle.ts";
import { BundleError } from "../error.ts";
import { formatReferrersTag } from "../referrers-tag.ts";
import type { Repository } from "../repository.ts";
import { importBundle } from "./import-bundle.ts";
import type { ImportedReferrers } from "./import-report.ts";
import { planImport } from "./plan-import.ts";

const IMAGE = makeImage(["image"]);
const SBOM = makeReferrer(IMAGE.descriptor, "sbom");
const SBOM_SIGNATURE = makeReferrer(SBOM.descriptor, "signature of the sbom");
const SIGNATURE = makeSignature(IMAGE.descriptor);
const TAG = signatureTag(IMAGE.descriptor);
const NAME = { registry: "registry.internal", repository: "app" };

let directory: string;
let bundle: OpenedBundle;
let registries: MemoryRegistries;
/** `METHOD DIGEST [TAG]` of every manifest pushed. */
let pushed: string[];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "push-referrers-"));
  await writeBundle(
    join(directory, "out.tar"),
    [
      ["r.io/app:1", IMAGE],
      ["r.io/app:latest", IMAGE],
    ],
    [
      { subject: IMAGE.descriptor, made: SIGNATURE, tag: TAG },
      { subject: IMAGE.descriptor, made: SBOM },
      { subject: SBOM.descriptor, made: SBOM_SIGNATURE },
    ],
  );
});

afterAll(async () => {
  await rm(directory, { recursive: true, force: true });
});

beforeEach(async () => {
  registries = await createRegistries();
  pushed = [];
  bundle = await openBundle(join(directory, "out.tar"));
});

afterEach(async () => {
  await bundle.close();
});

/** Imports the bundle; `change` puts other methods in the place of the repository's. What became of the referrers, by image. */
async function importAll(
  change: (repository: Repository) => Partial<Repository> = () => ({}),
): Promise<readonly ImportedReferrers[]> {
  const held = registries.openRepository(NAME);
  const repository = { ...held, ...change(held) };
  const report = await importBundle(bundle, planImport(bundle.document), {
    openRepository: () => ({
      ...repository,
      putManifest: async (descriptor, content, options = {}) => {
        pushed.push(`${descriptor.digest} ${options.tag ?? ""}`.trim());
        await repository.putManifest(descriptor, content, options);
      },
    }),
    jobs: 2,
  });
  return report.images.map(({ referrers }) => referrers);
}

describe("importBundle() of signed images", () => {
  test("pushes each referrer once, behind its subject, and by its tag where it has one", async () => {
    const [first, second] = await importAll();

    expect(first).toEqual({ pushed: 3, unchanged: 0, planned: 0, failed: 0, failures: [] });
    expect(second).toEqual(first);
    const { digest } = SIGNATURE.descriptor;
    expect(pushed.slice(2)).toEqual([
      `${digest} ${TAG}`,
      SBOM.descriptor.digest,
      SBOM_SIGNATURE.descriptor.digest,
    ]);
  });

  test("finds what is there already in the list under the tag of the tag schema", async () => {
    const held = registries.openRepository(NAME);
    for (const referrer of [IMAGE, SBOM, SBOM_SIGNATURE]) await putManifest(held, referrer);
    await putManifest(held, makeIndex([SBOM]), formatReferrersTag(IMAGE.descriptor.digest));

    const [first] = await importAll(() => ({
      listReferrers: async () => {
        throw new BundleError("UNSUPPORTED", "Cannot look for referrers: no API");
      },
    }));

    // The signature of the SBOM is there, but nobody would find it.
    expect(first).toMatchObject({ unchanged: 1, pushed: 2 });
  });

  test("fails what speaks of a referrer that failed, and neither the image nor other referrers", async () => {
    const [first, second] = await importAll((repository) => ({
      putBlob: async (descriptor, open, options) => {
        if (descriptor.digest === SBOM.blobs[1]?.descriptor.digest)
          throw new BundleError("DENIED", "Cannot upload blob: no", { hint: "Ask" });
        return await repository.putBlob(descriptor, open, options);
      },
    }));

    expect(first).toMatchObject({
      pushed: 1,
      failed: 2,
      failures: [
        { subject: IMAGE.descriptor.digest, digest: SBOM.descriptor.digest, code: "DENIED", hint: "Ask" },
        { subject: SBOM.descriptor.digest, digest: SBOM_SIGNATURE.descriptor.digest, code: "DENIED" },
      ],
    });
    expect(second).toEqual(first);
    expect(pushed).not.toContain(SBOM_SIGNATURE.descriptor.digest);
  });

  test("pushes nothing for an image that failed", async () => {
    const outcomes = await importAll(() => ({
      putManifest: async () => {
        throw new BundleError("DENIED", "Cannot push manifest: no");
      },
    }));

    expect(outcomes).toMatchObject([
      { pushed: 0, failed: 0 },
      { pushed: 0, failed: 0 },
    ]);
  });

  test.each([
    ["replaces a signature whose content the bundle has too", makeSignature(IMAGE.descriptor, []), 3],
    ["leaves a signature that somebody made inside", makeSignature(IMAGE.descriptor, ["inside"]), 2],
    ["leaves an index that has the signature's tag", makeIndex([IMAGE]), 2],
  ])("%s", async (_what, stored, expected) => {
    await putManifest(registries.openRepository(NAME), stored, TAG);

    const [first] = await importAll();

    expect(first).toMatchObject({ pushed: expected, failed: 3 - expected });
    if (expected === 2) expect(first?.failures).toMatchObject([{ tag: TAG, code: "TARGET_CONFLICT" }]);
  });

  test.each([
    ["leaves a signature of the same payload by another key, made inside", ["a", "inside"], 0, 1],
    ["replaces signatures that are all in the bundle", ["a"], 1, 0],
  ])("%s", async (_what, keys, pushedCount, failed) => {
    const carried = makeKeySignatures(IMAGE.descriptor, ["a", "b"]);
    const path = join(directory, "keys.tar");
    await writeBundle(
      path,
      [["r.io/app:1", IMAGE]],
      [{ subject: IMAGE.descriptor, made: carried, tag: TAG }],
    );
    await bundle.close();
    bundle = await openBundle(path);
    await putManifest(registries.openRepository(NAME), makeKeySignatures(IMAGE.descriptor, keys), TAG);

    expect(await importAll()).toMatchObject([{ pushed: pushedCount, failed }]);
  });

  test("ends with what concerns more than one image", async () => {
    const outcome = importAll(() => ({
      listReferrers: async () => {
        throw new BundleError("FILE_FAILED", "Cannot read out.tar: gone");
      },
    }));

    await expect(outcome).rejects.toMatchObject({ code: "FILE_FAILED" });
  });
});
