import type { ImportedImage } from "@airgap-bundle/core";
import { expect, test } from "vitest";
import { type ImportDocument, renderImport } from "./import-document.ts";

const IMAGE: ImportedImage = {
  source: "r.io/app:1",
  target: "inside/app:1",
  digest: "sha256:1",
  status: "pushed",
  referrers: { pushed: 0, planned: 0, unchanged: 0, failed: 0, failures: [], unknown: true },
};

const DOCUMENT: ImportDocument = {
  bundles: [],
  images: [IMAGE, IMAGE],
  blobs: { uploaded: 1, mounted: 0, existing: 0 },
  uploadedSize: 1,
  requests: {
    headManifest: 0,
    putManifest: 0,
    headBlob: 0,
    postUpload: 0,
    patchBlob: 0,
    putBlob: 0,
    getManifest: 0,
    listReferrers: 0,
  },
  durationMs: 1,
};

test("renderImport() names what the export did not look for", () => {
  expect(renderImport(DOCUMENT, { isDryRun: false })).toContain(
    "Of 2 images it is not known whether there are more referrers (signatures and the like) at the source: the export did not look, or got no answer",
  );
});
