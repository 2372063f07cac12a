import { BundleError } from "@airgap-bundle/core";
import { headerOf, type Response } from "./response.ts";
import { checkUrl } from "./url-policy.ts";

/**
 * The URL of an upload session as the registry gave it, to the byte: its query may be signed. A registry behind a proxy
 * often names itself with http instead of https; that is put right.
 *
 * @throws `REGISTRY_FAILED` if there is none, or one that is less protected than the registry
 */
export function uploadLocation(response: Response, origin: string, what: string): string {
  const location = headerOf(response, "location");
  if (location === undefined || !URL.canParse(location, origin)) {
    throw new BundleError("REGISTRY_FAILED", `Cannot ${what}: the registry names no place to upload to`);
  }
  const own = new URL(origin);
  const { protocol, hostname, pathname, search } = new URL(location, origin);
  if (protocol === "http:" && own.protocol === "https:" && hostname === own.hostname) {
    return `${origin}${pathname}${search}`;
  }
  const hint = "The registry is misconfigured: its external URL must begin with https";
  return checkUrl(location, { base: origin, origin, what, hint }).href;
}

/** Adds the digest to an upload's URL without touching what is there. */
export function withDigest(location: string, digest: string): string {
  return `${location}${location.includes("?") ? "&" : "?"}digest=${encodeURIComponent(digest)}`;
}
