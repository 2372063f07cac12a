import { expect, test } from "vitest";
import { isForeignLayerType, MEDIA_TYPES } from "./media-types.ts";

test.each([
  ["application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", true],
  ["application/vnd.oci.image.layer.nondistributable.v1.tar", true],
  ["application/vnd.oci.image.layer.nondistributable.v1.tar+gzip", true],
  ["application/vnd.oci.image.layer.nondistributable.v1.tar+zstd", true],
  [MEDIA_TYPES.ociLayerGzip, false],
  [MEDIA_TYPES.dockerLayerGzip, false],
  ["application/vnd.oci.image.layer.v1.tar+gzip+encrypted", false],
])("isForeignLayerType() of %s is %s", (mediaType, expected) => {
  expect(isForeignLayerType(mediaType)).toBe(expected);
});
