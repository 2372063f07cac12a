/**
 * The target of `rel="next"` in a `Link` header ({@link https://www.rfc-editor.org/rfc/rfc8288}), resolved; undefined if
 * there is none. Its scheme and host are the registry's own, whatever the link says: behind proxies it is often wrong.
 */
export function nextPage(header: string | undefined, current: string): string | undefined {
  for (const [, target = "", parameters = ""] of (header ?? "").matchAll(/<([^>]*)>([^<]*)/g)) {
    if (!/;\s*rel\s*=\s*"?(?:[^";]*\s)?next(?=[\s";,]|$)/i.test(parameters)) continue;
    if (!URL.canParse(target, current)) return undefined;
    const { pathname, search } = new URL(target, current);
    return `${pathname}${search}`;
  }
  return undefined;
}
