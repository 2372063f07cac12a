const REFERENCE = /\$(?:(\$)|\{([\p{L}\p{Nd}_]+)\}|([\p{L}\p{Nd}_]+))/gu;

/**
 * Fills in a replacement template as Go's {@link https://pkg.go.dev/regexp#Regexp.Expand} does: `$1`, `${1}`, `$name`
 * and `${name}` are groups (the longest name counts: `$1x` is the group `1x`), `$$` is a dollar, any other dollar stays.
 * `groupOf` gives the text of a group by number or name, empty if there is none.
 */
export function expandTemplate(template: string, groupOf: (group: number | string) => string): string {
  return template.replace(REFERENCE, (_, dollar?: string, braced?: string, bare?: string) => {
    if (dollar !== undefined) return "$";
    const name = braced ?? bare ?? "";
    return groupOf(/^(?:0|[1-9][0-9]{0,7})$/.test(name) ? Number(name) : name);
  });
}
