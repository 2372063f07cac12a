import { isBundleError } from "../error.ts";
import { ALL_PLATFORMS, parsePlatform } from "../platform.ts";
import type { ReadContext } from "./context.ts";
import { type Fields, isPlaceholder, reportPlaceholder, reportType } from "./fields.ts";

const FORM = "OS/ARCHITECTURE[/VARIANT] or all";

/** Reads `platforms`, which is a key of ours. Undefined if it names none. */
export function readPlatforms(
  fields: Fields,
  { reporter, take }: ReadContext,
): readonly string[] | undefined {
  const key = "platforms";
  const position = fields.positionOf(key);
  const label = `platforms of ${fields.name}`;
  if (!fields.has(key)) return undefined;
  const platforms: string[] = [];
  for (const value of take(fields.list(key, `a list, such as [linux/amd64, linux/arm64]`), position)) {
    if (value.kind === "scalar" && isPlatform(value.text)) platforms.push(value.text);
    else if (isPlaceholder(value)) reportPlaceholder(reporter, label, value.position);
    else if (value.kind === "list" || value.kind === "map")
      reportType(reporter, `an item of ${label}`, FORM, value);
    else {
      const found = value.kind === "scalar" ? JSON.stringify(value.text) : "nothing";
      reporter.problem(
        "PLATFORMS_INVALID",
        `Cannot use ${label}: found ${found}, expected ${FORM}`,
        value.position,
      );
    }
  }
  return platforms.length === 0 ? undefined : platforms;
}

/** Reads what a mapping takes: `platforms`, or dregsy's `platform`, of which any text is accepted as dregsy does. */
export function readMappingPlatforms(fields: Fields, context: ReadContext): readonly string[] | undefined {
  const { reporter } = context;
  const platform = fields.text("platform");
  const platforms = readPlatforms(fields, context);
  if (platform === "") return platforms;
  if (fields.has("platforms")) {
    const message = `Cannot use ${fields.name}: it has platform and platforms, expected one of them`;
    reporter.problem("PLATFORMS_INVALID", message, fields.positionOf("platforms"));
  }
  if (/[{}<>]/.test(platform)) {
    reportPlaceholder(reporter, `platform of ${fields.name}`, fields.positionOf("platform"));
  } else if (!isPlatform(platform)) {
    const message = `The platform of ${fields.name} is ${JSON.stringify(platform)}, expected ${FORM}; its images cannot be taken`;
    reporter.warning("PLATFORM_MALFORMED", message, fields.positionOf("platform"));
  }
  return [platform];
}

function isPlatform(text: string): boolean {
  if (text === ALL_PLATFORMS) return true;
  try {
    parsePlatform(text);
    return true;
  } catch (error) {
    if (!isBundleError(error, "PLATFORM_UNKNOWN")) throw error;
    return false;
  }
}
