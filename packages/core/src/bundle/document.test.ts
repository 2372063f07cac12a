import { expect, test } from "vitest";
import { makeImage, planOf } from "../../../../test/support/images.ts";
import { attachAll, makeSignature, signatureTag } from "../../../../test/support/signatures.ts";
import { composeBundle } from "./compose-bundle.ts";
import { parseBundleDocument } from "./document.ts";

const IMAGE = makeImage(["image"]);

function write(tag: string): Uint8Array {
  const right = signatureTag(IMAGE.descriptor);
  const referrer = { subject: IMAGE.descriptor, made: makeSignature(IMAGE.descriptor), tag: right };
  const { images, manifests } = attachAll(planOf([["redis:7", IMAGE]]), [referrer]);
  const { document } = composeBundle(images, manifests, { createdBy: "test" });
  return Buffer.from(JSON.stringify(document).replace(`"tag":"${right}"`, `"tag":"${tag}"`));
}

test.each(["sig", "att", "sbom"])(
  "parseBundleDocument() takes a referrer with the tag .%s of its subject",
  (suffix) => {
    const tag = signatureTag(IMAGE.descriptor, suffix);

    expect(parseBundleDocument(write(tag)).images[0]?.referrers[0]?.tag).toBe(tag);
  },
);

test.each(["latest", signatureTag(makeImage(["other"]).descriptor), signatureTag(IMAGE.descriptor, "x")])(
  "parseBundleDocument() refuses a referrer that would move the tag %s",
  (tag) => {
    expect(() => parseBundleDocument(write(tag))).toThrow(
      expect.objectContaining({
        code: "BUNDLE_INVALID",
        message: "Cannot read bundle.json: images.0.referrers.0.tag: not a tag of a signature of the subject",
      }),
    );
  },
);
