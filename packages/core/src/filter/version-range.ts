import { compareVersions, parseVersion, type Version } from "./version.ts";

const OPERATORS = ["", "=", "==", "!", "!=", ">", ">=", "<", "<="] as const;
type Operator = (typeof OPERATORS)[number];

/** One condition of a range. */
export interface Comparator {
  readonly operator: Operator;
  readonly version: Version;
}

/** A version range, read. */
export interface VersionRange {
  /** A version is in the range if it meets every comparator of one alternative. */
  readonly alternatives: readonly (readonly Comparator[])[];
  /** What this range does not mean though it looks like it, as clauses for people. */
  readonly surprises: readonly string[];
}

/** Why a text is no range: a clause for people. */
export interface RangeRejection {
  readonly rejected: string;
}

/** What is said of a text with nothing in it, or nothing on one side of a `||`. */
export const EMPTY_ALTERNATIVE: RangeRejection = { rejected: "a version is missing, or one beside a ||" };

/**
 * Reads a range as dregsy's parser (blang/semver 4.0.0) does, quirks and all: `>=1.0.0 <2.0.0`, `1.x || >=2.0.0`. No
 * caret, tilde, hyphen or short version; a token of one character is dropped; prereleases are ordinary versions.
 */
export function parseVersionRange(text: string): VersionRange | RangeRejection {
  const all = splitTokens(text);
  const tokens = all.filter((token) => !isDropped(token));
  const alternatives: Comparator[][] = [];
  const surprises = all.filter(isDropped).map((token) => `${JSON.stringify(token)} is ignored`);
  for (const alternative of splitAlternatives(tokens)) {
    // dregsy refuses an empty alternative at either end and crashes on one in between.
    if (alternative.length === 0) return EMPTY_ALTERNATIVE;
    const comparators = [];
    for (const token of alternative.flatMap(expandWildcard)) {
      const comparator = parseComparator(token);
      if (comparator === undefined) return { rejected: describeToken(alternative, token) };
      comparators.push(comparator);
    }
    surprises.push(...alternative.flatMap(describeForeignOperator));
    alternatives.push(comparators);
  }
  return { alternatives, surprises };
}

/** Reads one `>=1.2.3`; undefined if the operator is unknown or the version is not full. */
export function parseComparator(token: string): Comparator | undefined {
  const { operator, version: versionText } = splitComparator(token);
  const version = parseVersion(versionText);
  return version === undefined || !isOperator(operator) ? undefined : { operator, version };
}

/** Does the version meet every comparator of at least one alternative? */
export function isInRange(version: Version, { alternatives }: VersionRange): boolean {
  return alternatives.some((comparators) => comparators.every((comparator) => meets(version, comparator)));
}

/** The tokens between blanks; a blank after `<`, `>` or `=` does not separate. */
export function splitTokens(text: string): readonly string[] {
  return text
    .replace(/([<>=]) +/g, "$1")
    .split(" ")
    .filter((token) => token !== "");
}

/** The alternatives between `||` tokens; an empty one is kept, for the caller to refuse. */
export function splitAlternatives(tokens: readonly string[]): readonly (readonly string[])[] {
  const alternatives: string[][] = [[]];
  for (const token of tokens) {
    if (token === "||") alternatives.push([]);
    else alternatives.at(-1)?.push(token);
  }
  return alternatives;
}

/** dregsy measures bytes: only an ASCII character is one. */
function isDropped(token: string): boolean {
  return token.length === 1 && token.charCodeAt(0) < 0x80;
}

/** A token with an x in it becomes one or two without. Nonsense comes out as nonsense, which parseComparator refuses. */
function expandWildcard(token: string): readonly string[] {
  if (!token.includes("x")) return [token];
  const { operator, version } = splitComparator(token);
  if (version === "") return [token];
  const lower = fillWildcard(version);
  switch (operator) {
    case ">":
      return [`>=${nextVersion(version, lower)}`];
    case ">=":
      return [`>=${lower}`];
    case "<":
      return [`<${lower}`];
    case "<=":
      return [`<${nextVersion(version, lower)}`];
    case "":
    case "=":
    case "==":
      return [`>=${lower}`, `<${nextVersion(version, lower)}`];
    case "!":
    case "!=":
      return [`<${lower}`, `>=${nextVersion(version, lower)}`];
    default:
      // dregsy loses an operator that it does not know: ~1.2.x is exactly 1.2.0.
      return [lower];
  }
}

/** `1.x` and `1.x.x` are 1.0.0, `1.2.x` is 1.2.0. */
function fillWildcard(version: string): string {
  const filled = version.replace(".x.x", ".x").replace(".x", ".0");
  return filled.split(".").length === 2 ? `${filled}.0` : filled;
}

/** The first version after all that the wildcard stands for: the last part decides. Empty if it is no wildcard. */
function nextVersion(wildcard: string, lower: string): string {
  const parts = wildcard.split(".");
  if (parts.at(-1) !== "x" || parts.length < 2 || parts.length > 3) return "";
  const incremented = parts.length - 2;
  const numbers = lower.split(".");
  const number = numbers[incremented] ?? "";
  if (!/^[+-]?[0-9]{1,18}$/.test(number)) return "";
  return numbers.with(incremented, String(BigInt(number) + 1n)).join(".");
}

/** The version starts at the first digit. */
function splitComparator(token: string): { operator: string; version: string } {
  const digit = token.search(/[0-9]/);
  if (digit < 0) return { operator: token.trim(), version: "" };
  return { operator: token.slice(0, digit).trim(), version: token.slice(digit) };
}

function isOperator(text: string): text is Operator {
  return OPERATORS.some((operator) => operator === text);
}

function meets(version: Version, comparator: Comparator): boolean {
  const order = compareVersions(version, comparator.version);
  switch (comparator.operator) {
    case "":
    case "=":
    case "==":
      return order === 0;
    case "!":
    case "!=":
      return order !== 0;
    case ">":
      return order > 0;
    case ">=":
      return order >= 0;
    case "<":
      return order < 0;
    case "<=":
      return order <= 0;
  }
}

function describeToken(alternative: readonly string[], expanded: string): string {
  const token = alternative.find((candidate) => expandWildcard(candidate).includes(expanded)) ?? expanded;
  const { operator, version } = splitComparator(token);
  if (version === "") return `there is no version in ${JSON.stringify(token)}`;
  if (!isOperator(operator)) return `${JSON.stringify(operator)} is not an operator`;
  return `${JSON.stringify(version)} is not a version of three numbers, nor a wildcard such as 1.x`;
}

function describeForeignOperator(token: string): readonly string[] {
  const { operator } = splitComparator(token);
  if (isOperator(operator)) return [];
  return [`${JSON.stringify(token)} means exactly ${expandWildcard(token).join(" ")}`];
}
