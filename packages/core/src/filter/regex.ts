import { RE2JS, RE2JSException } from "re2js";
import { BundleError } from "../error.ts";
import { expandTemplate } from "./template.ts";

/** Longer ones are nobody's handwriting, and deep nesting would exhaust the stack. */
const MAX_PATTERN_LENGTH = 2000;

/** A selection says the same of many repositories, and compiling takes a millisecond. */
const compiledPatterns = new Map<string, RE2JS>();

/** A compiled regular expression with RE2's syntax and its linear time. */
export interface Regex {
  /** Does it match anywhere in the text? */
  test(text: string): boolean;
  /** The text with every match replaced by the template, as Go's `ReplaceAllString` does it. */
  replaceAll(text: string, template: string): string;
}

/**
 * Compiles a pattern as it is. Patterns of a selection are never given to the built-in RegExp.
 *
 * @throws `SELECTION_INVALID` for what RE2 refuses, lookarounds and backreferences among it
 */
export function compileRegex(pattern: string): Regex {
  return toRegex(compile(pattern, pattern));
}

function toRegex(compiled: RE2JS): Regex {
  return {
    test: (text) => compiled.matcher(text).find(),
    replaceAll: (text, template) => replaceAll(compiled, text, template),
  };
}

/**
 * Compiles a pattern that is to match a whole text, as dregsy does it: `^` and `$` are put at the ends of the text of
 * the pattern unless they are there, and no group is put around it.
 *
 * @throws `SELECTION_INVALID`
 */
export function compileAnchoredRegex(pattern: string): Regex {
  const start = pattern.startsWith("^") ? "" : "^";
  const end = pattern.endsWith("$") ? "" : "$";
  return toRegex(compile(`${start}${pattern}${end}`, pattern));
}

/** `written` is the pattern as it stands in the selection. */
function compile(pattern: string, written: string): RE2JS {
  if (written.length > MAX_PATTERN_LENGTH) {
    throw invalid(written, `it has ${written.length} characters, more than ${MAX_PATTERN_LENGTH}`);
  }
  try {
    const compiled = compiledPatterns.get(pattern) ?? RE2JS.compile(pattern);
    compiledPatterns.set(pattern, compiled);
    return compiled;
  } catch (cause) {
    if (!(cause instanceof RE2JSException)) throw cause;
    throw invalid(written, cause.message.replace("error parsing regexp: ", ""), cause);
  }
}

function replaceAll(compiled: RE2JS, text: string, template: string): string {
  const matcher = compiled.matcher(text);
  const names = compiled.namedGroups();
  const groupOf = (index: number | undefined): string =>
    index === undefined || index > matcher.groupCount() ? "" : (matcher.group(index) ?? "");
  let result = "";
  let end = 0;
  let isFirst = true;
  while (matcher.find()) {
    // Go skips an empty match right after a match; re2js does not.
    if (!isFirst && matcher.start() === matcher.end() && matcher.start() === end) continue;
    result += text.slice(end, matcher.start());
    result += expandTemplate(template, (group) => groupOf(typeof group === "number" ? group : names[group]));
    end = matcher.end();
    isFirst = false;
  }
  return result + text.slice(end);
}

function invalid(pattern: string, what: string, cause?: unknown): BundleError {
  const shown = JSON.stringify(pattern.slice(0, 200));
  return new BundleError("SELECTION_INVALID", `Cannot use regular expression ${shown}: ${what}`, { cause });
}
