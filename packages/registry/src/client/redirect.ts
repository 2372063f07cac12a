import { BundleError } from "@airgap-bundle/core";
import { headerOf, type Response } from "./response.ts";

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/**
 * Where an answer sends its reader; undefined if it is no redirect.
 *
 * @throws `REGISTRY_FAILED` for a scheme that is not http or https, a fall from https to http, or credentials in the URL
 */
export function nextLocation(response: Response, current: URL, registryOrigin: string): URL | undefined {
  if (!REDIRECTS.has(response.statusCode)) return undefined;
  const location = headerOf(response, "location");
  if (location === undefined || !URL.canParse(location, current)) throw refused(current, "it names no URL");
  const url = new URL(location, current);
  const isPlain = url.protocol === "http:";
  if (!isPlain && url.protocol !== "https:") throw refused(current, `its scheme is ${url.protocol}`);
  if (isPlain && registryOrigin.startsWith("https:"))
    throw refused(current, `it leaves https for ${url.host}`);
  if (url.username !== "" || url.password !== "") throw refused(current, "it holds credentials");
  return url;
}

function refused(current: URL, what: string): BundleError {
  return new BundleError("REGISTRY_FAILED", `Cannot follow the redirect of ${current.host}: ${what}`);
}
