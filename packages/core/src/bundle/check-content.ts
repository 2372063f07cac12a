import type { FileHandle } from "node:fs/promises";
import { MAX_MANIFEST_SIZE } from "../content.ts";
import type { Descriptor } from "../descriptor.ts";
import { createDigestHash } from "../digest.ts";
import { isBundleError } from "../error.ts";
import { leaveOutForeignLayers } from "../leave-out-foreign-layers.ts";
import { type Manifest, parseManifest } from "../manifest.ts";
import { type ContentPart, listKnownContent, MAX_INDEX_DEPTH } from "../plan/manifest-graph.ts";
import { listRoots } from "../plan/plan.ts";
import type { AbortOptions } from "../repository.ts";
import type { BundleProblem } from "./check-structure.ts";
import { readExactly, readRange } from "./file.ts";
import type { BundleHead } from "./read-head.ts";

/**
 * Checks all that describes the images: every metadata blob has its digest, every manifest can be read and is put into
 * `manifests`, and all that the images need is in the bundle, with its right size, and nothing else.
 */
export async function* checkMetadata(
  handle: FileHandle,
  head: BundleHead,
  manifests: Map<string, Manifest>,
): AsyncGenerator<BundleProblem> {
  for (const { digest, volume } of head.document.blobs) {
    if (volume === 0) yield* checkBlob(handle, head, digest);
  }
  const used = new Set<string>();
  for (const image of head.document.images) {
    for (const root of listRoots(image)) {
      for await (const problem of readManifests(handle, head, root, manifests, 0))
        yield { ...problem, image: image.source };
      yield* checkClosure(head, { image: image.source, root }, manifests, used);
    }
  }
  for (const { digest } of head.document.blobs) {
    if (!used.has(digest)) yield { kind: "unused", message: `no image needs blob ${digest}`, digest };
  }
}

/** How a blob is read: told of every chunk, in bytes. */
export interface CheckBlobOptions extends AbortOptions {
  readonly onChunk?: (size: number) => void;
}

/** Reads one blob and compares it with its digest. */
export async function* checkBlob(
  handle: FileHandle,
  head: BundleHead,
  digest: string,
  options: CheckBlobOptions = {},
): AsyncGenerator<BundleProblem> {
  const { signal, onChunk } = options;
  const place = head.blobs.get(digest);
  if (place === undefined) return;
  const hash = createDigestHash(digest);
  for await (const chunk of readRange(handle, place.offset, place.size)) {
    signal?.throwIfAborted();
    hash.update(chunk);
    onChunk?.(chunk.length);
  }
  if (digest.endsWith(`:${hash.digest("hex")}`)) return;
  yield {
    kind: "digest",
    message: `blob ${digest} is damaged: its content has another digest`,
    digest,
    volume: 1,
    offset: place.offset,
  };
}

async function* readManifests(
  handle: FileHandle,
  head: BundleHead,
  descriptor: Descriptor,
  manifests: Map<string, Manifest>,
  depth: number,
): AsyncGenerator<BundleProblem> {
  const place = head.blobs.get(descriptor.digest);
  // What is missing or too deep is checkClosure's to tell.
  if (place === undefined || depth > MAX_INDEX_DEPTH || manifests.has(descriptor.digest)) return;
  if (place.size !== descriptor.size || place.size > MAX_MANIFEST_SIZE) {
    yield {
      kind: "size",
      message: `manifest ${descriptor.digest} has ${place.size} bytes`,
      digest: descriptor.digest,
      offset: place.offset,
    };
    return;
  }
  const manifest = await tryParse(handle, descriptor, place.offset);
  if ("message" in manifest) {
    yield { kind: "manifest", message: manifest.message, digest: descriptor.digest, offset: place.offset };
    return;
  }
  manifests.set(
    descriptor.digest,
    leaveOutForeignLayers(manifest, (digest) => head.blobs.has(digest)),
  );
  if (manifest.kind === "image") return;
  for (const child of manifest.children) yield* readManifests(handle, head, child, manifests, depth + 1);
}

async function tryParse(
  handle: FileHandle,
  descriptor: Descriptor,
  offset: number,
): Promise<Manifest | { readonly message: string }> {
  const content = await readExactly(handle, offset, descriptor.size);
  try {
    return parseManifest(descriptor, content);
  } catch (error) {
    if (isBundleError(error)) return { message: error.message };
    throw error;
  }
}

/** A root and the image that it belongs to. */
interface OwnedRoot {
  readonly image: string;
  readonly root: Descriptor;
}

function* checkClosure(
  head: BundleHead,
  { image, root }: OwnedRoot,
  manifests: ReadonlyMap<string, Manifest>,
  used: Set<string>,
): Generator<BundleProblem> {
  const parts = tryListContent(root, manifests);
  if ("message" in parts) {
    yield { kind: "manifest", message: parts.message, image, digest: root.digest };
    return;
  }
  for (const { descriptor } of parts) {
    const { digest, size } = descriptor;
    const place = head.blobs.get(digest);
    used.add(digest);
    if (place === undefined)
      yield { kind: "missing", message: `blob ${digest} is not in the bundle`, image, digest };
    else if (place.size !== size)
      yield {
        kind: "size",
        message: `blob ${digest} has ${place.size} bytes, not ${size}`,
        image,
        digest,
      };
  }
}

/** What lies below a root as far as its manifests could be read. */
function tryListContent(
  root: Descriptor,
  manifests: ReadonlyMap<string, Manifest>,
): readonly ContentPart[] | { readonly message: string } {
  try {
    return listKnownContent(root, manifests);
  } catch (error) {
    if (isBundleError(error)) return { message: error.message };
    throw error;
  }
}
