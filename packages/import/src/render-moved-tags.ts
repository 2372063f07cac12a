import { countOf, formatTable } from "@airgap-bundle/cli";
import type { ImportedImage } from "@airgap-bundle/core";

/** More tags are counted only: all stand in the JSON document. */
const MAX_LINES = 20;

/** The tags that stand for something else than before, with what that was, and those that were left alone. */
export function renderMovedTags(
  images: readonly ImportedImage[],
  { isDryRun }: { readonly isDryRun: boolean },
): string[] {
  const moved = images.filter(
    ({ status, previousDigest }) =>
      (status === "pushed" || status === "planned") && previousDigest !== undefined,
  );
  const skipped = images.filter(({ status }) => status === "skipped");
  return [
    ...renderTags(isDryRun ? "would move" : "moved", "was", moved),
    ...renderTags("left alone (--on-existing-tag skip)", "is", skipped),
  ];
}

function renderTags(what: string, verb: string, images: readonly ImportedImage[]): string[] {
  if (images.length === 0) return [];
  const rows = images
    .slice(0, MAX_LINES)
    .map(({ target, previousDigest = "" }) => [`  ${target}`, `${verb} ${previousDigest}`]);
  const more = images.length - rows.length;
  return [
    `${countOf(images.length, "tag")} ${what}:`,
    ...formatTable(rows),
    ...(more === 0 ? [] : [`  and ${more} more: --json has all`]),
  ];
}
