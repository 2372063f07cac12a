import { countOf, formatSize } from "@airgap-bundle/cli";
import { type BundleProblem, type BundleReport, countBlobs } from "@airgap-bundle/core";

/** What `bundle verify --json` prints. */
export interface VerifyDocument {
  readonly bundles: readonly {
    readonly id: string;
    readonly images: number;
    readonly blobs: number;
    readonly size: number;
  }[];
  readonly ok: boolean;
  readonly problems: readonly BundleProblem[];
  /** Bytes under `ext/`, which the bundle's id does not cover. */
  readonly uncoveredSize: number;
}

/** What was found, as data. */
export function toVerifyDocument({ id, document, problems, uncoveredSize }: BundleReport): VerifyDocument {
  const { count, size } = countBlobs(document.blobs);
  return {
    bundles: [{ id, images: document.images.length, blobs: count, size }],
    ok: problems.length === 0,
    problems,
    uncoveredSize,
  };
}

/** The same for people. */
export function renderVerify(path: string, document: VerifyDocument): string[] {
  const { bundles, ok, problems, uncoveredSize } = document;
  const heads = bundles.map(
    ({ id, images, blobs, size }) =>
      `bundle ${id}: ${countOf(images, "image")}, ${countOf(blobs, "blob")}, ${formatSize(size)}`,
  );
  if (uncoveredSize > 0) {
    heads.push(
      `${formatSize(uncoveredSize)} under ext/ are not covered by the id: their content was not checked`,
    );
  }
  if (ok)
    return [...heads, `${path} is sound: every byte that the id covers was read and is what it must be`];
  return [
    ...heads,
    `${path} is damaged: ${countProblems(problems)}`,
    ...problems.map(
      ({ message, image, offset }) =>
        `  ${message}${image === undefined ? "" : ` (${image})`}${offset === undefined ? "" : ` at byte ${offset}`}`,
    ),
    "Copy the file again from where it was made, or export it again with --force",
  ];
}

/** How many there are; the last one may only say that there are more. */
export function countProblems(problems: readonly Pick<BundleProblem, "kind">[]): string {
  const count = problems.filter(({ kind }) => kind !== "unread").length;
  return `${count < problems.length ? "more than " : ""}${countOf(count, "problem")}`;
}
