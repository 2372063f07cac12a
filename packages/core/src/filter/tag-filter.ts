import { isDigest } from "../digest.ts";
import { BundleError, isBundleError } from "../error.ts";
import { isTag } from "../reference.ts";
import { isLooseAlternation } from "./alternation.ts";
import { parseExtendedRange } from "./extended-range.ts";
import { compileAnchoredRegex } from "./regex.ts";
import { parseTolerantVersion } from "./version.ts";
import { isInRange, parseVersionRange, type VersionRange } from "./version-range.ts";

const SEMVER = "semver:";
const REGEX = "regex:";
const KEEP = "keep:";
const KEEP_LATEST = /^keep:[\t\n\v\f\r ]+latest[\t\n\v\f\r ]+[0-9]+$/;

/** dregsy reads the number into 64 bits with a sign. */
const MAX_LATEST = 2 ** 63;

/** Which image of a repository is meant: by tag, by digest, or by a digest that has a tag for a name. */
export type TagReference =
  | { readonly tag: string; readonly digest?: string }
  | { readonly tag?: never; readonly digest: string };

/** What selects tags. `text` is the item as the selection has it, without blanks around it. */
type FilterItem =
  | { readonly kind: "verbatim"; readonly text: string; readonly reference: TagReference }
  | {
      readonly kind: "versions" | "names";
      readonly text: string;
      readonly matches: (tag: string) => boolean;
    };

/** What limits a selection to some tags. */
interface KeepItem {
  readonly text: string;
  readonly keeps: (tag: string) => boolean;
}

/** The `tags` of a mapping, read. */
export interface TagFilter {
  /** A tag is selected by any of them; none selects all tags. */
  readonly items: readonly FilterItem[];
  /** What is not verbatim must meet all of them. */
  readonly keeps: readonly KeepItem[];
  /** So many of the highest versions stay, at least one. Absent: all. */
  readonly latest?: { readonly text: string; readonly count: number };
}

/** What is said about one item of `tags`. */
interface FilterNote<Code extends string> {
  readonly code: Code;
  readonly message: string;
  /** Index of the item. */
  readonly index: number;
}

/** Traps that a filter can be: it does something, hardly what was meant. */
export type FilterWarningCode =
  | "ALTERNATION_UNGROUPED"
  | "KEEP_LATEST_UNREAD"
  | "KEEP_NESTED"
  | "RANGE_MISLEADING"
  | "TAG_MALFORMED";

/** A filter, unless there are problems. */
export interface ParsedTagFilter {
  readonly filter?: TagFilter;
  readonly warnings: readonly FilterNote<FilterWarningCode>[];
  /** One per item that cannot be used. */
  readonly problems: readonly FilterNote<"TAGS_INVALID">[];
}

/** One item, read. */
type Part = (
  | { readonly part: "item"; readonly item: FilterItem }
  | { readonly part: "keep"; readonly item: KeepItem }
  | { readonly part: "latest"; readonly text: string; readonly count: number }
) & { readonly warnings?: readonly (readonly [code: FilterWarningCode, message: string])[] };

/** Reads the `tags` of a mapping: dregsy's forms with dregsy's meaning, and npm's ranges where dregsy has none. */
export function parseTagFilter(items: readonly string[]): ParsedTagFilter {
  const parts: Part[] = [];
  const warnings: FilterNote<FilterWarningCode>[] = [];
  const problems: FilterNote<"TAGS_INVALID">[] = [];
  for (const [index, item] of items.entries()) {
    try {
      const part = parseItem(item.trim());
      parts.push(part);
      for (const [code, message] of part.warnings ?? []) warnings.push({ code, message, index });
    } catch (error) {
      if (!isBundleError(error, "SELECTION_INVALID")) throw error;
      problems.push({ code: "TAGS_INVALID", message: error.message, index });
    }
  }
  return { ...(problems.length === 0 ? { filter: toFilter(parts) } : {}), warnings, problems };
}

function toFilter(parts: readonly Part[]): TagFilter {
  const { text, count } = parts.findLast((part) => part.part === "latest") ?? { text: "", count: 0 };
  return {
    items: parts.flatMap((part) => (part.part === "item" ? [part.item] : [])),
    keeps: parts.flatMap((part) => (part.part === "keep" ? [part.item] : [])),
    ...(count === 0 ? {} : { latest: { text, count } }),
  };
}

function parseItem(text: string): Part {
  if (text.startsWith(SEMVER)) return parseSemver(text);
  if (text.startsWith(REGEX)) return parseRegex(text);
  if (KEEP_LATEST.test(text)) return parseKeepLatest(text);
  if (text.startsWith(KEEP)) return parseKeep(text);
  return parseVerbatim(text);
}

function parseSemver(text: string): Part {
  const range = readRange(text);
  const matches = (tag: string): boolean => {
    const version = parseTolerantVersion(tag);
    return version !== undefined && isInRange(version, range);
  };
  const item = { kind: "versions", text, matches } as const;
  if (range.surprises.length === 0) return { part: "item", item };
  const message = `In ${JSON.stringify(text)} ${range.surprises.join(", ")}`;
  return { part: "item", item, warnings: [["RANGE_MISLEADING", message]] };
}

function readRange(text: string): VersionRange {
  const rangeText = text.slice(SEMVER.length);
  const range = parseVersionRange(rangeText);
  if (!("rejected" in range)) return range;
  const extended = parseExtendedRange(rangeText) ?? range;
  if (!("rejected" in extended)) return extended;
  throw new BundleError(
    "SELECTION_INVALID",
    `Cannot use tag filter ${JSON.stringify(text)}: ${extended.rejected}; a range reads like >=1.0.0 <2.0.0`,
  );
}

function parseRegex(text: string): Part {
  const pattern = text.slice(REGEX.length).trim();
  return {
    part: "item",
    item: { kind: "names", text, matches: compileTagPattern(pattern) },
    warnings: alternationWarnings(text, pattern),
  };
}

function parseKeep(text: string): Part {
  const pattern = text.slice(KEEP.length).trim();
  const item = { text, keeps: compileTagPattern(pattern) };
  if (/^latest(?:\s+\S|[0-9])/i.test(pattern)) {
    const message = `${JSON.stringify(text)} is read as a regular expression, which hardly any tag matches; a limit reads "keep: latest 2"`;
    return { part: "keep", item, warnings: [["KEEP_LATEST_UNREAD", message]] };
  }
  if (/^(?:semver|regex|keep):/.test(pattern)) {
    const message = `${JSON.stringify(text)} is read as a regular expression, which no tag matches; keep: takes the pattern itself`;
    return { part: "keep", item, warnings: [["KEEP_NESTED", message]] };
  }
  return { part: "keep", item, warnings: alternationWarnings(text, pattern) };
}

/** The number must follow a blank: dregsy takes tabs for white space and then does not find the number. */
function parseKeepLatest(text: string): Part {
  const digits = text.slice(text.lastIndexOf(" ") + 1);
  const count = /^[0-9]+$/.test(digits) ? Number(digits) : Number.NaN;
  if (count < MAX_LATEST) return { part: "latest", text, count };
  throw new BundleError(
    "SELECTION_INVALID",
    `Cannot use tag filter ${JSON.stringify(text)}: it is not "keep: latest NUMBER" with a blank before the number`,
  );
}

function parseVerbatim(text: string): Part {
  const reference = parseTagReference(text);
  const item: FilterItem = { kind: "verbatim", text, reference };
  const isGood =
    (reference.tag === undefined || isTag(reference.tag)) &&
    (reference.digest === undefined || isDigest(reference.digest));
  if (isGood) return { part: "item", item };
  const message = `${JSON.stringify(text)} is taken as the name of a tag, which it cannot be; filters read semver:, regex: or keep:`;
  return { part: "item", item, warnings: [["TAG_MALFORMED", message]] };
}

function parseTagReference(text: string): TagReference {
  if (/^@?sha256:/.test(text)) return { digest: text.replace(/^@/, "") };
  const at = text.indexOf("@sha256:");
  if (at >= 0) return { tag: text.slice(0, at), digest: text.slice(at + 1) };
  // dregsy takes ":latest" for "latest".
  return { tag: text.replace(/^:/, "") };
}

/** One leading `!` inverts; a blank after it belongs to the pattern. */
function compileTagPattern(pattern: string): (tag: string) => boolean {
  const isInverted = pattern.startsWith("!");
  const regex = compileAnchoredRegex(isInverted ? pattern.slice(1) : pattern);
  return (tag) => regex.test(tag) !== isInverted;
}

function alternationWarnings(
  text: string,
  pattern: string,
): readonly (readonly [code: FilterWarningCode, message: string])[] {
  const bare = pattern.replace(/^!/, "");
  if (!isLooseAlternation(bare)) return [];
  const message = `In ${JSON.stringify(text)} only the first branch is bound to the start of the tag and only the last to its end; write (${bare}) to bind all of them`;
  return [["ALTERNATION_UNGROUPED", message]];
}
