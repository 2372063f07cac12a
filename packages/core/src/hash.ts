import { createHash, type Hash } from "node:crypto";
import { parseDigest } from "./digest.ts";

/** A running hash for content that must have this digest. */
export function createDigestHash(digest: string): Hash {
  return createHash(parseDigest(digest).algorithm);
}

/** The sha256 digest of these bytes. */
export function digestOf(content: Uint8Array | string): string {
  return `sha256:${createHash("sha256").update(content).digest("hex")}`;
}
