import { createHash } from "node:crypto";
import { runPeer } from "./run-peer.ts";

/** The manifest or index that skopeo reads, byte for byte. */
export async function readRawManifest(location: string): Promise<string> {
  return await runPeer("skopeo", ["inspect", "--raw", "--tls-verify=false", location]);
}

/** The digest of what skopeo reads, computed from its bytes. */
export async function readDigest(location: string): Promise<string> {
  return digestOfText(await readRawManifest(location));
}

/** `sha256:HEX` of a text. */
export function digestOfText(text: string): string {
  return `sha256:${createHash("sha256").update(text).digest("hex")}`;
}

/** Copies with all platforms, which checks every digest on the way. Everything is tried over plain http. */
export async function skopeoCopy(from: string, to: string, options: readonly string[] = []): Promise<void> {
  const plain = ["--src-tls-verify=false", "--dest-tls-verify=false"];
  await runPeer("skopeo", ["copy", "--quiet", "--all", ...plain, ...options, from, to]);
}
