import { expect, test } from "vitest";
import { makeImage, planOf } from "../../../../test/support/images.ts";
import { attachAll, makeReferrer } from "../../../../test/support/signatures.ts";
import { BundleError } from "../error.ts";
import type { TransferEvent } from "../events.ts";
import { takeOut, tellLostReferrers } from "./failures.ts";

const IMAGE = makeImage(["image"]);
const SIGNATURE = makeReferrer(IMAGE.descriptor, "signature");
const SBOM = makeReferrer(IMAGE.descriptor, "sbom");
const SBOM_SIGNATURE = makeReferrer(SBOM.descriptor, "signature of the sbom");
const LOST = new BundleError("BLOB_UNKNOWN", "Cannot fetch blob: gone");
const { images, manifests } = attachAll(planOf([["redis:7", IMAGE]]), [
  { subject: IMAGE.descriptor, made: SIGNATURE },
  { subject: IMAGE.descriptor, made: SBOM },
  { subject: SBOM.descriptor, made: SBOM_SIGNATURE },
]);

test("takeOut() leaves an image whose referrers can be had as it is", () => {
  expect(takeOut(images, manifests, new Map([["sha256:other", LOST]]))).toEqual({
    complete: images,
    failed: [],
  });
});

test("takeOut() takes a referrer away that cannot be had, with what speaks of it, and says so", () => {
  const [, layer] = SBOM.blobs;
  const failures = new Map([[layer?.descriptor.digest ?? "", LOST]]);
  const events: TransferEvent[] = [];

  const { complete, failed } = takeOut(images, manifests, failures);
  tellLostReferrers(images, complete, (event) => events.push(event));

  const { code, message } = LOST;
  expect(failed).toEqual([]);
  expect(complete).toMatchObject([
    {
      referrers: [{ descriptor: SIGNATURE.descriptor }],
      referrerStatus: "unknown",
      referrerFailures: [
        { subject: IMAGE.descriptor.digest, digest: SBOM.descriptor.digest, code, message },
        { subject: SBOM.descriptor.digest, digest: SBOM_SIGNATURE.descriptor.digest, code, message },
      ],
    },
  ]);
  expect(events).toEqual([
    {
      kind: "warning",
      code: "REFERRERS_UNKNOWN",
      message: "Signatures of docker.io/library/redis:7 may be missing: Cannot fetch blob: gone",
    },
  ]);
});

test("takeOut() fails an image whose own content cannot be had", () => {
  const [config] = IMAGE.blobs;

  const sorted = takeOut(images, manifests, new Map([[config?.descriptor.digest ?? "", LOST]]));

  expect(sorted).toMatchObject({ complete: [], failed: [{ code: "BLOB_UNKNOWN" }] });
});
