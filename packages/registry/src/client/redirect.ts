import { BundleError, changeError } from "@airgap-bundle/core";
import { isNoHttp } from "../network/faults.ts";
import { discard, headerOf, type Response } from "./response.ts";
import { readRetryAfter } from "./retry-after.ts";
import { checkUrl } from "./url-policy.ts";

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** Does an answer send its reader elsewhere? */
export function isRedirect({ statusCode }: Response): boolean {
  return REDIRECTS.has(statusCode);
}

/**
 * Where a redirect sends its reader.
 *
 * @throws `REGISTRY_FAILED` for a place that is not to be followed: {@link checkUrl}
 */
export function nextLocation(response: Response, current: URL, origin: string): URL {
  const what = `follow the redirect of ${current.host}`;
  return checkUrl(headerOf(response, "location"), { base: current, origin, what });
}

/**
 * What a host to which the registry redirects answers instead of content. It says nothing about the registry: the URL
 * may have expired, and a request at the registry gives a fresh one.
 */
export async function toForeignError(response: Response, origin: string, what: string): Promise<BundleError> {
  await discard(response);
  const { host } = new URL(origin);
  const retryAfterMs = readRetryAfter(headerOf(response, "retry-after"));
  return new BundleError(
    "UNAVAILABLE",
    `Cannot ${what}: ${host}, to which the registry redirects, answers with status ${response.statusCode}`,
    {
      hint: `Run it again; if it stays so, check that this machine may read from ${host}`,
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    },
  );
}

/**
 * A lost connection to a host to which the registry redirects, told as that. What a proxy says of itself is enough, and
 * what helps against a certificate, or at a port that does not speak HTTP, stays.
 */
export function blameRedirect(
  error: BundleError,
  { host, what }: { readonly host: string; readonly what: string },
): BundleError {
  if (error.code !== "CONNECTION_FAILED" && error.code !== "TLS_FAILED") return error;
  if (error.message.startsWith(`Cannot ${what}: the proxy `))
    return changeError(error, { isElsewhere: true });
  const message = `${error.message}, at ${host}, to which the registry redirects`;
  const hint = `Let this machine read from ${host}, too: check firewalls, name servers, and whether a proxy is needed (HTTPS_PROXY)`;
  return changeError(error, {
    message,
    isElsewhere: true,
    ...(error.code === "TLS_FAILED" || isNoHttp(error.cause) ? {} : { hint }),
  });
}
