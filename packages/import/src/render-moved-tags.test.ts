import type { ImportedImage } from "@airgap-bundle/core";
import { expect, test } from "vitest";
import { renderMovedTags } from "./render-moved-tags.ts";

function makeImages(count: number, status: ImportedImage["status"]): ImportedImage[] {
  const referrers = { pushed: 0, unchanged: 0, planned: 0, failed: 0, failures: [] };
  return Array.from({ length: count }, (_, number) => ({
    source: "r.io/app:1",
    target: `inside/app:${number}`,
    digest: "sha256:new",
    previousDigest: "sha256:old",
    status,
    referrers,
  }));
}

test("row 79: renderMovedTags() names each tag with what it stood for", () => {
  expect(renderMovedTags(makeImages(2, "pushed"), { isDryRun: false })).toEqual([
    "2 tags moved:",
    "  inside/app:0  was sha256:old",
    "  inside/app:1  was sha256:old",
  ]);
});

test("renderMovedTags() says of a dry run what would move, and what is left alone", () => {
  const images = [...makeImages(1, "planned"), ...makeImages(1, "skipped")];

  expect(renderMovedTags(images, { isDryRun: true })).toEqual([
    "1 tag would move:",
    "  inside/app:0  was sha256:old",
    "1 tag left alone (--on-existing-tag skip):",
    "  inside/app:0  is sha256:old",
  ]);
});

test("renderMovedTags() counts what is more than twenty", () => {
  const lines = renderMovedTags(makeImages(23, "pushed"), { isDryRun: false });

  expect(lines).toHaveLength(22);
  expect(lines.at(-1)).toBe("  and 3 more: --json has all");
});

test("renderMovedTags() says nothing of tags that were new", () => {
  const [image] = makeImages(1, "pushed");
  const { previousDigest: _, ...fresh } = image as ImportedImage;

  expect(renderMovedTags([fresh, ...makeImages(1, "failed")], { isDryRun: false })).toEqual([]);
});
