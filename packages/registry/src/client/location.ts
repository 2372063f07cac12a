import { BundleError } from "@airgap-bundle/core";
import { headerOf, type Response } from "./response.ts";

/**
 * The URL of an upload session as the registry gave it, to the byte: its query may be signed. A registry behind a proxy
 * often names itself with http instead of https; that is put right.
 *
 * @throws `REGISTRY_FAILED` if there is none, or one that is less protected than the registry
 */
export function uploadLocation(response: Response, origin: string, what: string): string {
  const location = headerOf(response, "location");
  if (location === undefined || !/^https?:/.test(URL.parse(location, origin)?.protocol ?? "")) {
    throw new BundleError("REGISTRY_FAILED", `Cannot ${what}: the registry names no place to upload to`);
  }
  const url = new URL(location, origin);
  if (url.protocol === "http:" && origin.startsWith("https:")) {
    if (url.hostname !== new URL(origin).hostname) {
      throw new BundleError(
        "REGISTRY_FAILED",
        `Cannot ${what}: the registry wants the upload without TLS at ${url.host}`,
        {
          hint: "The registry is misconfigured: its external URL must begin with https",
        },
      );
    }
    return `${origin}${url.pathname}${url.search}`;
  }
  return url.href;
}

/** Adds the digest to an upload's URL without touching what is there. */
export function withDigest(location: string, digest: string): string {
  return `${location}${location.includes("?") ? "&" : "?"}digest=${encodeURIComponent(digest)}`;
}
