import type { Descriptor } from "../descriptor.ts";
import { isBundleError } from "../error.ts";
import type { Manifest } from "../manifest.ts";
import { type ContentPart, listKnownContent, type ManifestGraph } from "../plan/manifest-graph.ts";
import type { CarriedReferrer } from "../plan/plan.ts";
import { checkBlob } from "./check-blob.ts";
import { type BundleProblem, checkStructure } from "./check-structure.ts";
import type { ReadableFile } from "./read-ahead.ts";
import type { BundleHead } from "./read-head.ts";
import { createManifestReader } from "./read-manifests.ts";

/**
 * How many parts all images may name together: a hundred thousand images with fifty parts each. Images may share
 * an index of any size, so that a small file can name very many; every one of them is visited for every image.
 */
export const MAX_NAMED_PARTS = 5_000_000;

/** Checks all of a bundle but the content of its layers. Every manifest that can be read is put into `manifests`. */
export async function* checkAllButLayers(
  handle: ReadableFile,
  head: BundleHead,
  manifests: Map<string, Manifest>,
): AsyncGenerator<BundleProblem> {
  yield* checkStructure(handle, head);
  // Of a file that is cut short nothing more can be said.
  const { size } = await handle.stat();
  if (size >= head.size) yield* checkMetadata(handle, head, manifests);
}

/**
 * Checks all that describes the images: every metadata blob and every manifest has its digest, every manifest can be read and is put into
 * `manifests`, referrers speak of the image at which they stand, and all that the images need is in the bundle, with its right size, and
 * nothing else.
 */
async function* checkMetadata(
  handle: ReadableFile,
  head: BundleHead,
  manifests: Map<string, Manifest>,
): AsyncGenerator<BundleProblem> {
  for (const { digest, volume } of head.document.blobs) {
    if (volume === 0) yield* checkBlob(handle, head, digest);
  }
  const reader = createManifestReader(handle, head, manifests);
  const seen: SeenBlobs = { used: new Set(), told: new Set() };
  // Manifests of the image at hand and of its referrers so far: what a referrer may speak of.
  const subjects = new Set<string>();
  // What lies below a manifest that cannot be read is not known: a referrer may speak of it.
  let isReadable = true;
  let areAllReadable = true;
  let namedParts = 0;
  for (const { image, root, referrer } of listOwnedRoots(head)) {
    if (referrer === undefined) {
      subjects.clear();
      isReadable = true;
    } else if (isReadable && !subjects.has(referrer.subject)) yield { ...foreignSubject(referrer), image };
    for await (const problem of reader.read(root)) {
      isReadable = false;
      areAllReadable = false;
      yield { ...problem, image };
    }
    if (referrer !== undefined)
      for (const problem of checkNamed(referrer, manifests)) yield { ...problem, image };
    const parts = tryListContent(root, manifests);
    if ("message" in parts) {
      isReadable = false;
      areAllReadable = false;
      yield { kind: "manifest", message: parts.message, image, digest: root.digest };
      continue;
    }
    namedParts += countNames(parts, manifests);
    if (namedParts > MAX_NAMED_PARTS) {
      yield { kind: "manifest", message: `the images name more than ${MAX_NAMED_PARTS} parts`, image };
      return;
    }
    for (const { role, descriptor } of parts) if (role === "manifest") subjects.add(descriptor.digest);
    for (const problem of checkParts(head, parts, seen)) yield { ...problem, image };
  }
  // What an unreadable manifest needs is not known.
  if (!areAllReadable) return;
  for (const { digest } of head.document.blobs) {
    if (!seen.used.has(digest)) yield { kind: "unused", message: `no image needs blob ${digest}`, digest };
  }
}

/** A root and the image that it belongs to. */
interface OwnedRoot {
  readonly image: string;
  readonly root: Descriptor;
  /** Absent for the image itself. */
  readonly referrer?: CarriedReferrer;
}

/** Every image and, behind it, what speaks of it. */
function* listOwnedRoots({ document }: BundleHead): Generator<OwnedRoot> {
  for (const { source: image, descriptor, referrers } of document.images) {
    yield { image, root: descriptor };
    for (const referrer of referrers) yield { image, root: referrer.descriptor, referrer };
  }
}

/** A referrer speaks of its image, or of what speaks of that: with other tags a bundle would move what it does not carry. */
function foreignSubject({ subject, descriptor: { digest } }: CarriedReferrer): BundleProblem {
  const message = `referrer ${digest} speaks of ${subject}, which is not the image that it stands at`;
  return { kind: "manifest", message, digest };
}

/** Without a tag a referrer is found by what it names itself. */
function* checkNamed(
  { subject, descriptor: { digest }, tag }: CarriedReferrer,
  manifests: ManifestGraph,
): Generator<BundleProblem> {
  const manifest = manifests.get(digest);
  // What could not be read is told already.
  if (tag !== undefined || manifest === undefined || manifest.subject?.digest === subject) return;
  const message = `referrer ${digest} does not name ${subject} as its subject`;
  yield { kind: "manifest", message, digest };
}

/** Blobs that images need, and those of them that are told to be missing or of a wrong size: once, whoever needs them. */
interface SeenBlobs {
  readonly used: Set<string>;
  readonly told: Set<string>;
}

function* checkParts(
  head: BundleHead,
  parts: readonly ContentPart[],
  { used, told }: SeenBlobs,
): Generator<BundleProblem> {
  for (const { descriptor } of parts) {
    const { digest, size } = descriptor;
    const place = head.blobs.get(digest);
    used.add(digest);
    if (place?.size === size || told.has(digest)) continue;
    told.add(digest);
    if (place === undefined)
      yield { kind: "missing", message: `blob ${digest} is not in the bundle`, digest };
    else yield { kind: "size", message: `blob ${digest} has ${place.size} bytes, not ${size}`, digest };
  }
}

/** What a walk over these parts goes through: all names in all manifests, whether they repeat themselves or not. */
export function countNames(parts: readonly ContentPart[], manifests: ManifestGraph): number {
  let names = 1;
  for (const { role, descriptor } of parts) {
    const manifest = role === "manifest" ? manifests.get(descriptor.digest) : undefined;
    names += (manifest?.kind === "index" ? manifest.children : (manifest?.layers ?? [])).length;
  }
  return names;
}

/** What lies below a root as far as its manifests could be read. */
function tryListContent(
  root: Descriptor,
  manifests: ManifestGraph,
): readonly ContentPart[] | { readonly message: string } {
  try {
    return listKnownContent(root, manifests);
  } catch (error) {
    if (isBundleError(error)) return { message: error.message };
    throw error;
  }
}
