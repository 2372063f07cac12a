/** What a pattern is made of, as far as parentheses and bars go: quotes, escapes, classes, single characters. */
const PIECE = /\\Q[\s\S]*?(?:\\E|$)|\\[\s\S]|\[\^?\]?(?:\[:\^?\w+:\]|\\[\s\S]|[^\]\\])*\]|[\s\S]/g;

const STARTS_ANYWHERE = /^(?:\(\?\w+\))?(?:\^|\\A|\.\*)/;
const ENDS_ANYWHERE = /(?:(?:^|[^\\])(?:\\\\)*\$|\\z|\.\*)$/;

/**
 * Is this an alternation outside of a group, so that anchors at the ends of the pattern's text bind only its first and
 * last branch? `latest|stable` is one: with anchors it takes `latest-alpine` too.
 */
export function isLooseAlternation(pattern: string): boolean {
  const branches = splitBranches(pattern);
  return (
    branches.slice(1).some((branch) => !STARTS_ANYWHERE.test(branch)) ||
    branches.slice(0, -1).some((branch) => !ENDS_ANYWHERE.test(branch))
  );
}

/** The branches of a pattern between the bars that are outside of groups; one if there is no such bar. */
export function splitBranches(pattern: string): readonly string[] {
  const branches = [""];
  let depth = 0;
  for (const [piece] of pattern.matchAll(PIECE)) {
    if (piece === "(") depth++;
    if (piece === ")") depth--;
    if (piece === "|" && depth === 0) branches.push("");
    else branches.push((branches.pop() ?? "") + piece);
  }
  return branches;
}
