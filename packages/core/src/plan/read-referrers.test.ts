import { describe, expect, test } from "vitest";
import { makeImage, putManifest } from "../../../../test/support/images.ts";
import { onlyImage, useReferrerScene, WITHOUT_API } from "../../../../test/support/referrer-scene.ts";
import { makeReferrer, makeSignature, signatureTag } from "../../../../test/support/signatures.ts";
import { BundleError } from "../error.ts";
import { formatReferrersTag } from "../referrers-tag.ts";
import type { Source } from "../repository.ts";

const AMD64 = makeImage(["amd64"]);
const ARM64 = makeImage(["arm64"], "linux/arm64");
const SIGNATURE = makeReferrer(AMD64.descriptor, "signature");
const SBOM = makeReferrer(AMD64.descriptor, "sbom", "application/spdx+json");

const scene = useReferrerScene(AMD64);

describe("resolvePlan() where referrers cannot be had", () => {
  test("does not go round for ever where lists name each other, and takes no stranger for a referrer", async () => {
    await putManifest(scene.app, SIGNATURE);
    await scene.putList(AMD64.descriptor, AMD64, SIGNATURE);
    await scene.putList(SIGNATURE.descriptor, AMD64, SIGNATURE);

    const planned = await scene.plan("'1'", WITHOUT_API);

    const image = onlyImage(planned);
    expect(image.referrers.map(({ descriptor }) => descriptor)).toEqual([SIGNATURE.descriptor]);
    expect(image.referrerStatus).toBe("unknown");
    expect(planned.warnings[0]?.message).toContain("it does not name that subject");
  });

  test("ends where referrers speak of referrers without end", async () => {
    let last = AMD64;
    for (let depth = 0; depth < 12; depth++) {
      last = makeReferrer(last.descriptor, `${depth}`);
      await putManifest(scene.app, last);
    }

    const planned = await scene.plan("'1'");

    expect(onlyImage(planned).referrers).toHaveLength(9);
    expect(planned.warnings).toMatchObject([
      {
        code: "REFERRERS_UNKNOWN",
        message: expect.stringContaining("too many manifests speak of each other"),
      },
    ]);
  });

  test.each(["DENIED", "UNAUTHORIZED", "UNAVAILABLE", "TOOMANYREQUESTS", "REGISTRY_FAILED"] as const)(
    "never calls it none that a question failed with %s, and says why",
    async (code) => {
      await putManifest(scene.app, makeSignature(AMD64.descriptor), signatureTag(AMD64.descriptor));
      const listReferrers = async (): Promise<never> => {
        throw new BundleError(code, "Cannot look for referrers: so it is");
      };

      const planned = await scene.plan("'1'", { listReferrers });

      expect(onlyImage(planned)).toMatchObject({
        referrerStatus: "unknown",
        referrerFailures: [{ code }, { code }],
      });
      expect(onlyImage(planned).referrers).toHaveLength(1);
      expect(planned.failed).toEqual([]);
      expect(planned.warnings).toEqual([
        {
          code: "REFERRERS_UNKNOWN",
          message: "Signatures of r.io/app:1 may be missing: Cannot look for referrers: so it is",
        },
      ]);
    },
  );

  test("leaves out a referrer that cannot be read, and keeps the image", async () => {
    for (const referrer of [SIGNATURE, SBOM]) await putManifest(scene.app, referrer);
    const readManifest: Source["readManifest"] = async (descriptor) => {
      if (descriptor.digest === SBOM.descriptor.digest)
        throw new BundleError("MANIFEST_UNKNOWN", "Cannot read it: gone");
      return await scene.app.readManifest(descriptor);
    };

    const image = onlyImage(await scene.plan("'1'", { readManifest }));

    expect(image.referrers.map(({ descriptor }) => descriptor)).toEqual([SIGNATURE.descriptor]);
    expect(image).toMatchObject({
      referrerStatus: "unknown",
      referrerFailures: [
        { subject: AMD64.descriptor.digest, digest: SBOM.descriptor.digest, code: "MANIFEST_UNKNOWN" },
      ],
    });
  });

  test("does not take an image under the tag of the tag schema for a list", async () => {
    await putManifest(scene.app, ARM64, formatReferrersTag(AMD64.descriptor.digest));

    const planned = await scene.plan("'1'", WITHOUT_API);

    expect(onlyImage(planned).referrerStatus).toBe("unknown");
    expect(planned.warnings[0]?.message).toContain("is no index");
  });

  test("asks for each tag where tags cannot be listed", async () => {
    await putManifest(scene.app, makeSignature(AMD64.descriptor), signatureTag(AMD64.descriptor));
    const listTags: Source["listTags"] = () => {
      throw new BundleError("DENIED", "Cannot list tags: no");
    };

    expect(onlyImage(await scene.plan("'1'", { listTags }))).toMatchObject({ referrerStatus: "found" });
  });

  test("asks for each tag where the list of tags may be incomplete", async () => {
    await putManifest(scene.app, makeSignature(AMD64.descriptor), signatureTag(AMD64.descriptor));
    async function* listTags(options: Parameters<Source["listTags"]>[0]): AsyncGenerator<string> {
      yield "1";
      options?.onIncomplete?.();
    }

    const planned = await scene.plan("'regex: 1'", { listTags });

    expect(onlyImage(planned)).toMatchObject({ referrerStatus: "found", referrers: [{}] });
  });

  test("names the way without signatures where the registry grants no pulls for them", async () => {
    await putManifest(scene.app, SIGNATURE);
    let remaining = 1;
    const readManifest: Source["readManifest"] = async (descriptor) => {
      remaining -= 1;
      return await scene.app.readManifest(descriptor);
    };

    const planned = scene.plan("'1'", { readManifest }, { pullLimit: () => ({ remaining }) });

    await expect(planned).rejects.toMatchObject({
      code: "TOOMANYREQUESTS",
      message: "Cannot go on with r.io: 1 more pulls are needed and it grants 0",
      hint: expect.stringContaining("(--no-referrers)"),
    });
  });

  test("takes no more of one subject than anybody has, and says so", async () => {
    const listed = Array.from({ length: 1001 }, () => SIGNATURE).map(({ descriptor }, position) => ({
      ...descriptor,
      digest: `sha256:${position.toString(16).padStart(64, "0")}`,
    }));

    const planned = await scene.plan("'1'", {
      listReferrers: async (digest) => (digest === AMD64.descriptor.digest ? listed : []),
    });

    expect(planned.warnings[0]?.message).toContain("it has more than 1000");
    expect(scene.requests.filter((request) => request.startsWith("readManifest"))).toHaveLength(1 + 1000);
  });
});
