import { createCipheriv, createHash } from "node:crypto";
import { pipeline } from "node:stream";
import { createGzip } from "node:zlib";
import { tarHeader } from "../fleet/layer.ts";

const CHUNK_SIZE = 1024 * 1024;
const BLOCK_SIZE = 512;

/** A layer that is made while it is read. */
export interface LayerStream {
  /** A gzip'd tar of one file, a little over the size that was asked for. */
  readonly content: AsyncIterable<Uint8Array>;
  /** Digest of the tar inside, known when the content has been read. */
  diffId(): string;
}

/** A layer of bytes that no program can make smaller, the same whenever the seed is. */
export function streamLayer(seed: string, size: number): LayerStream {
  const hash = createHash("sha256");
  // Stored, not deflated: it is not the bench's processor time that is measured.
  const gzip = createGzip({ level: 0, chunkSize: CHUNK_SIZE });
  pipeline(tarOf(seed, size, hash), gzip, () => {
    // Who reads the content is told of the failure.
  });
  return { content: gzip, diffId: () => `sha256:${hash.digest("hex")}` };
}

function* tarOf(seed: string, size: number, hash: ReturnType<typeof createHash>): Generator<Uint8Array> {
  const key = createHash("sha256").update(seed).digest();
  const cipher = createCipheriv("aes-256-ctr", key, Buffer.alloc(16));
  const zeros = Buffer.alloc(CHUNK_SIZE);
  const give = (bytes: Uint8Array): Uint8Array => {
    hash.update(bytes);
    return bytes;
  };
  yield give(tarHeader("content", size));
  for (let left = size; left > 0; left -= CHUNK_SIZE)
    yield give(cipher.update(zeros.subarray(0, Math.min(left, CHUNK_SIZE))));
  yield give(Buffer.alloc(((BLOCK_SIZE - (size % BLOCK_SIZE)) % BLOCK_SIZE) + 2 * BLOCK_SIZE));
}
