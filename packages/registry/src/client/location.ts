import { BundleError } from "@airgap-bundle/core";
import { checkUrl } from "./url-policy.ts";

/** What to set where a registry does not know its own address. */
export const EXTERNAL_URL_HINT =
  "A registry behind a proxy that does not know its external URL does this: set external_url in Harbor or http.host in docker's registry, and let the proxy send X-Forwarded-Proto";

/** Where an upload goes on. */
export interface UploadLocation {
  /** As the registry gave it: its query may be signed. */
  readonly url: string;
  /** The origin that the registry named in place of its own. */
  readonly wrongOrigin?: string;
}

/** Where a `Location` comes from. */
export interface LocationContext {
  /** The URL that was asked: relative locations begin there. */
  readonly base: string;
  /** The registry's own. */
  readonly origin: string;
  /** "verb object", for messages. */
  readonly what: string;
}

/**
 * The URL of an upload session. A registry behind a proxy often names itself with http instead of https, or without its
 * port; that is put right.
 * {@link https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#post-then-put}
 *
 * @throws `REGISTRY_FAILED` if there is none, one that holds credentials, or one that is less protected than the registry
 */
export function uploadLocation(location: string | undefined, context: LocationContext): UploadLocation {
  const { base, origin, what } = context;
  if (location === undefined) throw refused(what, "the registry names no place to upload to");
  const own = new URL(origin);
  const named = URL.parse(location, base);
  if (named !== null && isMisnamed(named, own))
    return { url: `${own.origin}${named.pathname}${named.search}`, wrongOrigin: named.origin };
  return { url: checkUrl(location, { base, origin, what, hint: EXTERNAL_URL_HINT }).href };
}

/** Adds the digest to an upload's URL without touching what is there. */
export function withDigest(location: string, digest: string): string {
  return `${location}${location.includes("?") ? "&" : "?"}digest=${encodeURIComponent(digest)}`;
}

function refused(what: string, reason: string): BundleError {
  return new BundleError("REGISTRY_FAILED", `Cannot ${what}: ${reason}`, { hint: EXTERNAL_URL_HINT });
}

/** The registry's own host, without its TLS or its port. */
function isMisnamed(named: URL, own: URL): boolean {
  if (named.hostname !== own.hostname || named.origin === own.origin) return false;
  const isDowngrade = own.protocol === "https:" && named.protocol === "http:";
  return isDowngrade || (named.protocol === own.protocol && named.port === "");
}
