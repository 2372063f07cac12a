/** The largest number that fits: dregsy's parser reads 64 bits. */
const MAX_NUMBER = 2n ** 64n - 1n;
const MAX_DIGITS = MAX_NUMBER.toString().length;

const VERSION = /^([0-9]+)\.([0-9]+)\.([0-9]+)(?:-([0-9A-Za-z.-]*))?(?:\+([0-9A-Za-z.-]*))?$/;

/** A semantic version: {@link https://semver.org/spec/v2.0.0.html}. */
export interface Version {
  readonly major: bigint;
  readonly minor: bigint;
  readonly patch: bigint;
  /** Identifiers, none for a release. */
  readonly prerelease: readonly string[];
  /** Identifiers; they take no part in comparison. */
  readonly build: readonly string[];
}

/** Reads a full `MAJOR.MINOR.PATCH[-PRERELEASE][+BUILD]`; undefined for anything else. */
export function parseVersion(text: string): Version | undefined {
  const match = VERSION.exec(text);
  if (match === null) return undefined;
  const [, majorText = "", minorText = "", patchText = "", prereleaseText, buildText] = match;
  const major = parseNumber(majorText);
  const minor = parseNumber(minorText);
  const patch = parseNumber(patchText);
  const prerelease = prereleaseText?.split(".") ?? [];
  const build = buildText?.split(".") ?? [];
  if (major === undefined || minor === undefined || patch === undefined) return undefined;
  if (!prerelease.every(isPrereleaseIdentifier) || build.includes("")) return undefined;
  return { major, minor, patch, prerelease, build };
}

/**
 * Reads a tag as dregsy does: one leading `v`, leading zeros and missing numbers are forgiven, so `v1.2` is 1.2.0 and
 * `2023.01.02` is 2023.1.2. A short version with a suffix (`1.36-musl`) is none.
 */
export function parseTolerantVersion(tag: string): Version | undefined {
  const [major = "", minor, ...rest] = tag.trim().replace(/^v/, "").split(".");
  const parts = [
    major,
    ...(minor === undefined ? [] : [minor]),
    ...(rest.length > 0 ? [rest.join(".")] : []),
  ];
  const isShort = parts.length < 3;
  if (isShort && /[+-]/.test(parts.at(-1) ?? "")) return undefined;
  const padded = [...parts.map(stripLeadingZeros), "0", "0"].slice(0, 3);
  return parseVersion(padded.join("."));
}

/** Orders by precedence: negative if `a` comes before `b`, 0 if neither does. */
export function compareVersions(a: Version, b: Version): number {
  return (
    compare(a.major, b.major) ||
    compare(a.minor, b.minor) ||
    compare(a.patch, b.patch) ||
    comparePrereleases(a.prerelease, b.prerelease)
  );
}

function comparePrereleases(a: readonly string[], b: readonly string[]): number {
  if (a.length === 0 || b.length === 0) return compare(b.length, a.length);
  for (const [i, identifier] of a.entries()) {
    const other = b[i];
    if (other === undefined) return 1;
    const order = compareIdentifiers(identifier, other);
    if (order !== 0) return order;
  }
  return compare(a.length, b.length);
}

/** Numbers by value and before words, words by their bytes. */
function compareIdentifiers(a: string, b: string): number {
  if (isNumeric(a) && isNumeric(b)) return compare(BigInt(a), BigInt(b));
  if (isNumeric(a) !== isNumeric(b)) return isNumeric(a) ? -1 : 1;
  return compare(a, b);
}

function compare<T extends bigint | number | string>(a: T, b: T): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function parseNumber(digits: string): bigint | undefined {
  if (digits.length > MAX_DIGITS || (digits.length > 1 && digits.startsWith("0"))) return undefined;
  const value = BigInt(digits);
  return value > MAX_NUMBER ? undefined : value;
}

function isPrereleaseIdentifier(text: string): boolean {
  return isNumeric(text) ? parseNumber(text) !== undefined : text !== "";
}

function isNumeric(text: string): boolean {
  return /^[0-9]+$/.test(text);
}

function stripLeadingZeros(part: string): string {
  if (part.length <= 1) return part;
  const stripped = part.replace(/^0+/, "");
  return /^[0-9]/.test(stripped) ? stripped : `0${stripped}`;
}
