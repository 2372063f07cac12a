import { stripVTControlCharacters } from "node:util";
import { BundleError, nearestName } from "@airgap-bundle/core/basics";

/** What the command line could have been. */
export interface UsageContext {
  /** The words before `--help`: `bundle plan`. */
  readonly command: string;
  /** Names of the flags, without dashes. */
  readonly flags: readonly string[];
  /** Was the selection named with its flag? */
  readonly hasConfig: boolean;
}

/** Lines of oclif's messages that say nothing. */
const NOISE =
  /^(See more help with --help|The following errors? occurred:|Note: .*|Alternatively, you can use .*)$/;

/** An error of oclif's parser as one of ours: the code `USAGE`, a message in one line, the way to the help. */
export function toUsageError(error: Error, context: UsageContext): BundleError {
  const lines = stripVTControlCharacters(error.message)
    .split("\n")
    .filter((line) => line.trim() !== "" && !NOISE.test(line));
  const { message, suggestion, cause = error } = describe(lines, context);
  const help = `See ${context.command} --help`;
  return new BundleError("USAGE", message, {
    hint: suggestion === undefined ? help : `Did you mean ${suggestion}? ${help}`,
    ...(cause === null ? {} : { cause }),
  });
}

interface UsageDescription {
  readonly message: string;
  readonly suggestion?: string;
  /** null where oclif's own words are not to be shown. @default the error */
  readonly cause?: null;
}

function describe(lines: readonly string[], context: UsageContext): UsageDescription {
  const [first = "", ...rest] = lines;
  if (/^Nonexistent flag/.test(first)) return describeUnknownFlags(first, context);
  const [, argument] = /^Unexpected argument: (.+)/.exec(first) ?? [];
  if (argument !== undefined && context.flags.includes("config") && !context.hasConfig)
    return { message: first, suggestion: `-c ${argument}` };
  const [, flag, other] =
    /^(--[\w-]+)(?:=.*)? cannot also be provided when using (--[\w-]+)/.exec(first.trim()) ?? [];
  if (flag !== undefined)
    return { message: `Cannot use ${flag} together with ${other ?? "another flag"}`, cause: null };
  if (/^Missing \d+ required arg/.test(first)) return { message: `Missing argument ${namesOf(rest)}` };
  const [, parsed] = /^Parsing (--\S+)/.exec(first) ?? [];
  const details = rest.map((line) => line.trim()).join(", ");
  if (parsed !== undefined) return { message: `Cannot read ${parsed}: ${details}` };
  const message = lines.map((line) => line.trim()).join(", ");
  return { message: message.replaceAll(/(Missing required flag) (?=\w)/g, "$1 --") };
}

/** The values of such flags are left out: they may be secret. */
function describeUnknownFlags(line: string, context: UsageContext): UsageDescription {
  const flags = line
    .replace(/^.*?: /, "")
    .split(", ")
    .map((flag) => flag.replace(/=.*/, ""))
    .filter((flag) => flag.startsWith("-"));
  const suggestion = nearestName((flags[0] ?? "").replace(/^-+/, ""), context.flags);
  const message = `Unknown ${flags.length === 1 ? "flag" : "flags"} ${flags.join(", ")}`;
  return { message, cause: null, ...(suggestion === undefined ? {} : { suggestion: `--${suggestion}` }) };
}

/** oclif lists arguments as `name  description`, with more lines of the description indented. */
function namesOf(lines: readonly string[]): string {
  const names = lines.filter((line) => /^\S/.test(line)).map((line) => line.split(" ")[0] ?? line);
  return names.map((name) => name.toUpperCase()).join(", ");
}
