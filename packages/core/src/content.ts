import type { Descriptor } from "./descriptor.ts";
import { parseDigest } from "./digest.ts";
import { BundleError } from "./error.ts";
import { createDigestHash } from "./hash.ts";

/** Largest manifest that is read or pushed: what registries accept at least, and what every other client takes. */
export const MAX_MANIFEST_SIZE: number = 4 * 1024 * 1024;

/** What content is known by. */
export type ContentKey = Pick<Descriptor, "digest" | "size">;

/**
 * Passes content on and compares it with its descriptor. The last chunk is held back until size and digest are right,
 * so a consumer that counts bytes never has all of a wrong blob. `from` names the other side in errors. Chunks are lent
 * as those of `content` are.
 *
 * @throws `SIZE_INVALID` as soon as there is too much, or at an early end; `DIGEST_INVALID` at the end
 */
export async function* verified(
  descriptor: Descriptor,
  content: AsyncIterable<Uint8Array>,
  from?: string,
): AsyncGenerator<Uint8Array> {
  const hash = createDigestHash(descriptor.digest);
  const { algorithm } = parseDigest(descriptor.digest);
  const object = `${descriptor.digest}${from === undefined ? "" : ` from ${from}`}`;
  let size = 0;
  let held: Uint8Array | undefined;
  for await (const chunk of content) {
    if (chunk.length === 0) continue;
    size += chunk.length;
    if (size > descriptor.size) throw sizeError(object, `more than ${descriptor.size} bytes came`);
    hash.update(chunk);
    if (size < descriptor.size) yield chunk;
    // Whether more comes behind it can only be asked for with a copy in hand.
    else held = Buffer.from(chunk);
  }
  if (size !== descriptor.size) throw sizeError(object, `${size} of ${descriptor.size} bytes came`);
  const actual = `${algorithm}:${hash.digest("hex")}`;
  if (actual !== descriptor.digest) throw digestError(object, actual);
  if (held !== undefined) yield held;
}

/**
 * All bytes of small content.
 *
 * @throws `SIZE_INVALID` if there are more than `maxSize`
 */
export async function readAll(content: AsyncIterable<Uint8Array>, maxSize: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of content) {
    size += chunk.length;
    if (size > maxSize)
      throw new BundleError(
        "SIZE_INVALID",
        `Cannot read content: it is larger than the ${maxSize} bytes allowed`,
      );
    chunks.push(Buffer.from(chunk));
  }
  return Buffer.concat(chunks, size);
}

/** Are these all the bytes that the descriptor is of? */
export function isContentOf(descriptor: ContentKey, content: Uint8Array): boolean {
  return content.length === descriptor.size && digestLike(descriptor, content) === descriptor.digest;
}

/** As {@link verified}, of bytes that are there. @throws `SIZE_INVALID`, `DIGEST_INVALID` */
export function requireContentOf(descriptor: ContentKey, content: Uint8Array): void {
  const { digest, size } = descriptor;
  if (content.length !== size) throw sizeError(digest, `${content.length} of ${size} bytes came`);
  const actual = digestLike(descriptor, content);
  if (actual !== digest) throw digestError(digest, actual);
}

/** Bytes as content: one chunk, or none where there are no bytes. */
export async function* contentOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  if (bytes.length > 0) yield bytes;
}

/** The digest of these bytes by the algorithm of this one. */
function digestLike({ digest }: ContentKey, content: Uint8Array): string {
  return `${parseDigest(digest).algorithm}:${createDigestHash(digest).update(content).digest("hex")}`;
}

function digestError(object: string, actual: string): BundleError {
  return new BundleError("DIGEST_INVALID", `Cannot accept ${object}: what came has the digest ${actual}`);
}

function sizeError(object: string, what: string): BundleError {
  return new BundleError("SIZE_INVALID", `Cannot accept ${object}: ${what}`);
}
