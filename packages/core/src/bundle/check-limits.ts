import { BundleError, isBundleError } from "../error.ts";
import { listContent, type ManifestGraph } from "../plan/manifest-graph.ts";
import { listRoots } from "../plan/plan.ts";
import { countNames, MAX_NAMED_PARTS } from "./check-content.ts";
import { type BundleDocument, MAX_DOCUMENT_SIZE, MAX_TEXT_LENGTH, parseBundleDocument } from "./document.ts";
import { MAX_MANIFESTS_SIZE } from "./read-manifests.ts";

/**
 * Refuses a bundle that its readers would refuse: better now than on the other side of the air gap. `text` is
 * `bundle.json`, its document written.
 *
 * @throws `SELECTION_INVALID` naming what is too long, or that there is too much of
 */
export function checkLimits(document: BundleDocument, text: string, manifests: ManifestGraph): void {
  for (const image of document.images) checkTexts(image);
  const { index, dockerManifest, images } = document;
  checkSize("bundle.json", Buffer.byteLength(text), MAX_DOCUMENT_SIZE);
  checkSize("index.json", index.size, MAX_DOCUMENT_SIZE);
  checkSize("manifest.json", dockerManifest?.size ?? 0, MAX_DOCUMENT_SIZE);
  const carried = document.blobs.filter(({ digest }) => manifests.has(digest));
  const manifestsSize = carried.reduce((sum, { size }) => sum + size, 0);
  checkSize("all manifests together", manifestsSize, MAX_MANIFESTS_SIZE);
  let namedParts = 0;
  for (const root of images.flatMap(listRoots))
    namedParts += countNames(listContent(root, manifests), manifests);
  if (namedParts > MAX_NAMED_PARTS)
    throw tooMuch(`the images name ${namedParts} parts, more than the ${MAX_NAMED_PARTS} that are read`);
  checkDocument(text);
}

function checkTexts({ source, task, selectedBy }: BundleDocument["images"][number]): void {
  if (task.length > MAX_TEXT_LENGTH)
    throw tooLong(source, `the name of its task has ${task.length}`, "Give the task a shorter name");
  if (selectedBy.length > MAX_TEXT_LENGTH)
    throw tooLong(
      source,
      `the item of tags that selects it has ${selectedBy.length}`,
      "Split the item into several",
    );
}

function checkSize(what: string, size: number, limit: number): void {
  if (size > limit) throw tooMuch(`${what} would have ${size} bytes, more than the ${limit} that are read`);
}

/** Whatever else a reader does not take. */
function checkDocument(text: string): void {
  try {
    parseBundleDocument(Buffer.from(text));
  } catch (cause) {
    if (!isBundleError(cause)) throw cause;
    throw new BundleError(
      "SELECTION_INVALID",
      `Cannot make a bundle of this selection: nobody could read it: ${cause.message}`,
      { cause, hint: "Leave out or shorten what is named" },
    );
  }
}

function tooLong(source: string, what: string, hint: string): BundleError {
  const message = `Cannot put ${source} into a bundle: ${what} characters, more than the ${MAX_TEXT_LENGTH} that are read`;
  return new BundleError("SELECTION_INVALID", message, { hint });
}

function tooMuch(what: string): BundleError {
  return new BundleError("SELECTION_INVALID", `Cannot make a bundle of this selection: ${what}`, {
    hint: "Split the selection into several bundles",
  });
}
