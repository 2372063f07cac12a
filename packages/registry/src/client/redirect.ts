import { headerOf, type Response } from "./response.ts";
import { checkUrl } from "./url-policy.ts";

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/**
 * Where an answer sends its reader; undefined if it is no redirect.
 *
 * @throws `REGISTRY_FAILED` for a place that is not to be followed: {@link checkUrl}
 */
export function nextLocation(response: Response, current: URL, origin: string): URL | undefined {
  if (!REDIRECTS.has(response.statusCode)) return undefined;
  const what = `follow the redirect of ${current.host}`;
  return checkUrl(headerOf(response, "location"), { base: current, origin, what });
}
