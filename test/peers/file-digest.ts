import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";

/** `sha256:HEX` of a file. */
export async function fileDigest(path: string): Promise<string> {
  return `sha256:${createHash("sha256")
    .update(await readFile(path))
    .digest("hex")}`;
}
