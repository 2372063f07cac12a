import { BundleError } from "@airgap-bundle/core";

/** Where a URL came from. */
export interface UrlOptions {
  /** What it is resolved against, if it is not whole. */
  readonly base: string | URL;
  /** Of the registry; only one that is used over http may name http. */
  readonly origin: string;
  /** "verb object", for messages. */
  readonly what: string;
  readonly hint?: string;
}

/**
 * A URL that a registry gave: a redirect, a token server, a place to upload to. One policy for them all: https, or http if
 * the registry itself is used over http, and no credentials in it. Where its host leads to is checked when it is
 * connected to.
 *
 * @throws `REGISTRY_FAILED`
 */
export function checkUrl(text: string | undefined, options: UrlOptions): URL {
  const { base, origin } = options;
  const url = text === undefined || text === "" ? null : URL.parse(text, base);
  if (url === null) throw refused("it names no URL", options);
  if (url.protocol !== "https:" && url.protocol !== "http:") {
    throw refused(`its scheme is ${url.protocol}`, options);
  }
  if (url.protocol === "http:" && !origin.startsWith("http:")) {
    throw refused(`it leaves https for ${url.host}`, options);
  }
  if (url.username !== "" || url.password !== "") throw refused("it holds credentials", options);
  return url;
}

function refused(reason: string, { what, hint }: UrlOptions): BundleError {
  return new BundleError("REGISTRY_FAILED", `Cannot ${what}: ${reason}`, hint === undefined ? {} : { hint });
}
