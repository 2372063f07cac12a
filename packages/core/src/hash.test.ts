import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { createDigestHash, digestOf } from "./hash.ts";

test.each(["sha256", "sha512"])("createDigestHash() hashes with %s", (algorithm) => {
  const hex = createHash(algorithm).update("content").digest("hex");

  const hash = createDigestHash(`${algorithm}:${hex}`).update("content");

  expect(hash.digest("hex")).toBe(hex);
});

test("digestOf() is the sha256 digest of bytes and of text in UTF-8", () => {
  // The empty descriptor's: image-spec, manifest.md#guidance-for-an-empty-descriptor.
  const empty = "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";

  expect(digestOf("{}")).toBe(empty);
  expect(digestOf(Buffer.from("{}"))).toBe(empty);
  expect(digestOf("ä")).toBe(digestOf(Buffer.from([0xc3, 0xa4])));
});
