/** Told of the host of a link that is not the registry's own. */
export type OnForeignHost = (host: string) => void;

/**
 * The target of `rel="next"` in a `Link` header ({@link https://www.rfc-editor.org/rfc/rfc8288}) as path and query;
 * undefined if there is none. Only the query is the link's: it says where to go on. Scheme, host and path are those of
 * the page itself, whatever the link says: behind proxies the first two are often wrong, and Artifactory leaves a part
 * of the path out.
 */
export function nextPage(
  header: string | readonly string[] | undefined,
  current: string,
  onForeignHost?: OnForeignHost,
): string | undefined {
  const links = [header ?? []].flat().join(", ");
  for (const [, target = "", parameters = ""] of links.matchAll(/<([^>]*)>([^<]*)/g)) {
    if (!/;\s*rel\s*=\s*"?(?:[^";]*\s)?next(?=[\s";,]|$)/i.test(parameters)) continue;
    const next = URL.parse(target, current);
    if (next === null) return undefined;
    const { origin, pathname } = new URL(current);
    if (next.origin !== origin) onForeignHost?.(next.origin);
    return `${pathname}${next.search}`;
  }
  return undefined;
}
