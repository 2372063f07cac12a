import { BundleError, isBundleError } from "../error.ts";
import { isLooseAlternation } from "../filter/alternation.ts";
import { compileAnchoredRegex, compileRegex, type Regex } from "../filter/regex.ts";
import { parseTagFilter, type TagFilter } from "../filter/tag-filter.ts";
import { isRepository } from "../reference.ts";
import type { ReadContext } from "./context.ts";
import { type Fields, isPlaceholder, openFields, reportPlaceholder, reportType } from "./fields.ts";
import type { Position, SelectionProblemCode } from "./note.ts";
import { readMappingPlatforms } from "./platforms.ts";
import type { Mapping } from "./selection.ts";
import type { YamlValue } from "./yaml.ts";

const KEYS = ["from", "to", "tags", "platform", "platforms"];
const REGEX = "regex:";
/** `{name}` or `<name>`: what a guide leaves to be filled in. */
const PLACEHOLDER = /\{[A-Za-z_][^{}]*\}|<[A-Za-z_][^<>]*>/;
const WHOLE_PLACEHOLDER = /^\s*(?:\{[A-Za-z_][^{}]*\}|<[A-Za-z_][^<>]*>)\s*$/;

/** Reads one item of `mappings`; undefined after a problem. */
export function readMapping(value: YamlValue, name: string, context: ReadContext): Mapping | undefined {
  const { reporter } = context;
  if (value.kind === "null") {
    reporter.problem("MAPPING_MISSING", `Cannot use ${name}: it is empty`, value.position);
    return undefined;
  }
  const fields = openFields([value], name, KEYS, reporter);
  if (fields === undefined) return undefined;
  const from = fields.text("from");
  const to = fields.text("to");
  const fromRegex = readFromRegex(fields, from, context);
  const toRegex = readToRegex(fields, to, context);
  const platforms = readMappingPlatforms(fields, context);
  const tags = readTags(fields, context);
  const filter = readFilter(fields, tags, context);
  if (filter === undefined) return undefined;
  return {
    from,
    ...(fromRegex === undefined ? {} : { fromRegex }),
    ...(to === "" ? {} : { to }),
    ...(toRegex === undefined ? {} : { toRegex }),
    ...(platforms === undefined ? {} : { platforms }),
    tags: tags.map(({ text }) => text),
    filter,
    line: fields.position.line,
  };
}

/** The pattern is taken as it is, blanks included: dregsy does not trim it. */
function readFromRegex(fields: Fields, from: string, { reporter }: ReadContext): Regex | undefined {
  const position = fields.positionOf("from");
  if (from.startsWith(REGEX)) {
    const pattern = from.slice(REGEX.length);
    if (/^\s|\s$/.test(pattern)) {
      const message = `The blank in ${JSON.stringify(from)} is part of the pattern, so that no repository can match; write ${JSON.stringify(`${REGEX}${pattern.trim()}`)}`;
      reporter.warning("FROM_BLANK", message, position);
    }
    if (isLooseAlternation(pattern)) {
      const message = `In ${JSON.stringify(from)} only the first branch is bound to the start of the repository and only the last to its end; write (${pattern}) to bind all of them`;
      reporter.warning("ALTERNATION_UNGROUPED", message, position);
    }
    return attempt("FROM_INVALID", position, reporter, () => compileAnchoredRegex(pattern));
  }
  if (fields.isEmpty("from")) {
    reporter.problem("FROM_MISSING", `Cannot use ${fields.name}: it has no from path`, position);
  }
  if (PLACEHOLDER.test(from)) reportPlaceholder(reporter, `from of ${fields.name}`, position);
  else warnOfPath(fields, "from", reporter);
  return undefined;
}

/** dregsy takes it too, and fails when it comes to it. */
function warnOfPath(fields: Fields, key: "from" | "to", reporter: ReadContext["reporter"]): void {
  const path = fields.text(key);
  if (path === "" || isRepository(path.replace(/^\//, ""))) return;
  const isTagged = /[:@]/.test(path) && isRepository(path.replace(/[:@].*$/, "").replace(/^\//, ""));
  const reason = isTagged
    ? "a tag or digest stands under tags, not here"
    : "repository names are lower-case letters, digits and . _ - between slashes";
  const message = `The ${key} of ${fields.name} is ${JSON.stringify(path)}, which is no repository name: ${reason}; its images cannot be taken`;
  reporter.warning("REPOSITORY_NAME_MALFORMED", message, fields.positionOf(key));
}

/** The first comma ends the pattern, so that it cannot have one itself. */
function readToRegex(fields: Fields, to: string, { reporter }: ReadContext): Mapping["toRegex"] {
  const label = `to of ${fields.name}`;
  const position = fields.positionOf("to");
  if (!to.startsWith(REGEX)) {
    if (PLACEHOLDER.test(to)) reportPlaceholder(reporter, label, position);
    else warnOfPath(fields, "to", reporter);
    return undefined;
  }
  return attempt("TO_INVALID", position, reporter, () => {
    const comma = to.indexOf(",");
    if (comma < 0) {
      const message = `Cannot use ${label}: found no comma, expected regex:PATTERN,REPLACEMENT`;
      throw new BundleError("SELECTION_INVALID", message);
    }
    return { regex: compileRegex(to.slice(REGEX.length, comma)), replacement: to.slice(comma + 1) };
  });
}

function attempt<T>(
  code: SelectionProblemCode,
  position: Position,
  reporter: ReadContext["reporter"],
  read: () => T,
): T | undefined {
  try {
    return read();
  } catch (error) {
    if (!isBundleError(error, "SELECTION_INVALID")) throw error;
    reporter.problem(code, error.message, position);
    return undefined;
  }
}

interface TagItem {
  readonly text: string;
  readonly position: Position;
}

function readTags(fields: Fields, { reporter, take }: ReadContext): readonly TagItem[] {
  const items: TagItem[] = [];
  for (const [i, value] of take(fields.list("tags"), fields.positionOf("tags")).entries()) {
    const label = `item ${i + 1} of tags of ${fields.name}`;
    const { position } = value;
    if (value.kind === "scalar" && WHOLE_PLACEHOLDER.test(value.text)) {
      reportPlaceholder(reporter, label, position);
    } else if (value.kind === "scalar") items.push({ text: value.text, position });
    else if (value.kind === "null") items.push({ text: "", position });
    else if (isPlaceholder(value)) reportPlaceholder(reporter, label, position);
    else reportType(reporter, label, "text in single quotes, such as 'regex: 1\\..*'", value);
  }
  return items;
}

function readFilter(
  fields: Fields,
  tags: readonly TagItem[],
  { reporter }: ReadContext,
): TagFilter | undefined {
  const { filter, problems, warnings } = parseTagFilter(tags.map(({ text }) => text));
  const positionOf = (index: number): Position => tags[index]?.position ?? fields.position;
  for (const { code, message, index } of problems) reporter.problem(code, message, positionOf(index));
  for (const { code, message, index } of warnings) reporter.warning(code, message, positionOf(index));
  return filter;
}
