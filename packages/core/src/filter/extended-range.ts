import Range from "semver/classes/range.js";
import {
  type Comparator,
  EMPTY_ALTERNATIVE,
  parseComparator,
  parseVersionRange,
  type RangeRejection,
  splitAlternatives,
  splitTokens,
  type VersionRange,
} from "./version-range.ts";

/** A caret, a tilde, a star, or a bound of one or two numbers such as `>=1.2`. */
const EXTENSION = /[~^*]|^[<>]=?[0-9]+(?:\.[0-9]+)?$/;

/**
 * Reads a range that dregsy refuses and npm understands: one with `^`, `~`, `*` or a short bound in it. Undefined for
 * every other text. What dregsy refuses for another reason (an empty alternative, a tab, `1.0`, `>=v1.0.0`) stays
 * refused beside an extension too, because npm reads some of it as "everything".
 */
export function parseExtendedRange(text: string): VersionRange | RangeRejection | undefined {
  const tokens = splitTokens(text);
  if (!tokens.some((token) => EXTENSION.test(token))) return undefined;
  if (splitAlternatives(tokens).some((alternative) => alternative.length === 0)) return EMPTY_ALTERNATIVE;
  const odd = tokens.find((token) => token !== "||" && !isReadable(token));
  if (odd !== undefined) return { rejected: `${JSON.stringify(odd)} cannot be read` };
  const alternatives = expand(tokens.join(" "));
  if (alternatives === undefined) return { rejected: `${JSON.stringify(text.trim())} cannot be read` };
  return { alternatives, surprises: [] };
}

/** A `||` inside a token lacks the blanks around it. */
function isReadable(token: string): boolean {
  if (/[\t\r\n]|\|\|/.test(token)) return false;
  return EXTENSION.test(token) || !("rejected" in parseVersionRange(token));
}

/** npm's comparators, unless one cannot be read; they are compared by our own rules, which know 64-bit numbers. */
function expand(text: string): Comparator[][] | undefined {
  let range: Range;
  try {
    range = new Range(text, { includePrerelease: true });
  } catch (error) {
    // The one thing that it throws: "Invalid SemVer Range". The caller says why dregsy's parser refused.
    if (error instanceof TypeError) return undefined;
    throw error;
  }
  const alternatives: Comparator[][] = [];
  for (const comparators of range.set) {
    // An empty value is npm's "any version".
    const bounds = comparators.map(({ value }) => value).filter((value) => value !== "");
    const read = bounds.map(parseComparator).filter((comparator) => comparator !== undefined);
    // npm takes numbers that dregsy's parser cannot hold: without such a bound the range would be wider.
    if (read.length < bounds.length) return undefined;
    alternatives.push(read);
  }
  return alternatives;
}
