import { expect, test } from "vitest";
import { type ExportDocument, renderExport } from "./export-document.ts";

const NONE = { count: 0, size: 0 };

/** Of an export that had nothing of what it wanted. */
const FAILED: ExportDocument = {
  bundle: null,
  volumes: [],
  images: 0,
  referrers: { count: 0, images: 0, failed: [] },
  blobs: NONE,
  downloaded: NONE,
  reused: NONE,
  requests: {
    headManifest: 1,
    getManifest: 1,
    getBlob: 5,
    listTags: 0,
    listRepositories: 0,
    listReferrers: 0,
  },
  failed: [
    {
      source: "r.io/app:1",
      code: "CONNECTION_FAILED",
      message: "Cannot pull blob b: it is down",
      hint: "Wait",
    },
  ],
  durationMs: 1,
  written: false,
};

test("renderExport() tells where what has arrived is kept, if anything is", () => {
  const kept =
    "What has arrived of the rest is kept in s.tar.partial: run the same command again, and it goes on";

  expect(renderExport({ ...FAILED, partial: "s.tar.partial" })).toEqual([
    "There is no bundle: no image could be had",
    kept,
    "",
    "1 failed:",
    "  r.io/app:1",
    "    Cannot pull blob b: it is down",
    "    Wait",
  ]);
  expect(renderExport(FAILED)).not.toContain(kept);
});
