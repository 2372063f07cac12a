import { createHash } from "node:crypto";
import { runPeer } from "./run-peer.ts";

/**
 * The manifest or index that skopeo reads, byte for byte.
 *
 * @param options of `skopeo inspect`
 */
export async function readRawManifest(location: string, options: readonly string[] = []): Promise<string> {
  return await runPeer("skopeo", ["inspect", "--raw", "--tls-verify=false", ...options, location]);
}

/** The digest of what skopeo reads, computed from its bytes. */
export async function readDigest(location: string, options: readonly string[] = []): Promise<string> {
  return digestOfText(await readRawManifest(location, options));
}

/** `sha256:HEX` of a text. */
export function digestOfText(text: string): string {
  return `sha256:${createHash("sha256").update(text).digest("hex")}`;
}

/**
 * Copies an image, which checks every digest on the way. Neither side needs TLS, or a certificate that is known.
 *
 * @param options of `skopeo copy`. @default all platforms of an index
 */
export async function skopeoCopy(
  from: string,
  to: string,
  options: readonly string[] = ["--all"],
): Promise<void> {
  const anyTls = ["--src-tls-verify=false", "--dest-tls-verify=false"];
  await runPeer("skopeo", ["copy", "--quiet", ...anyTls, ...options, from, to]);
}
