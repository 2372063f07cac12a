import { BundleError } from "@airgap-bundle/core";
import { discard, headerOf, type Response } from "./response.ts";

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

/**
 * What a host to which the registry redirects answers instead of content. It says nothing about the registry: the URL
 * may have expired, and a request at the registry gives a fresh one.
 */
export async function toForeignError(response: Response, origin: string, what: string): Promise<BundleError> {
  await discard(response);
  const { host } = new URL(origin);
  return new BundleError(
    "UNAVAILABLE",
    `Cannot ${what}: ${host}, to which the registry redirects, answers with status ${response.statusCode}`,
    { hint: `Run it again; if it stays so, check that this machine may read from ${host}` },
  );
}

function refused(current: URL, what: string): BundleError {
  return new BundleError("REGISTRY_FAILED", `Cannot follow the redirect of ${current.host}: ${what}`);
}
