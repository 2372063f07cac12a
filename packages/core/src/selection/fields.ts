import { nearestName } from "../nearest-name.ts";
import type { Position, Reporter } from "./note.ts";
import { toBoolean, toDurationMs, toInteger } from "./scalars.ts";
import type { YamlMap, YamlScalar, YamlValue } from "./yaml.ts";

/** A map of the selection, opened for reading: every read reports what it finds wrong. */
export interface Fields {
  /** What the map is, for messages: `the source of task "nightly"`. */
  readonly name: string;
  readonly position: Position;
  has(key: string): boolean;
  /** Is there no value, or null, or an empty text? A value of the wrong type is not empty, and is reported. */
  isEmpty(key: string): boolean;
  /** Where the value of the key is, or the map if there is none. */
  positionOf(key: string): Position;
  /** Text as it is in the file; empty if there is none or it is null. */
  text(key: string): string;
  boolean(key: string): boolean;
  integer(key: string): number;
  /** Undefined if there is none or it is null. */
  durationMs(key: string): number | undefined;
  /** Empty if there is none. @default expected "a list" */
  list(key: string, expected?: string): readonly YamlValue[];
  /** Undefined if there is none or it is null. */
  map(key: string, name: string, knownKeys: readonly string[]): Fields | undefined;
}

/**
 * Opens a map, warning of keys that are unknown or there twice. Keys that start with `x-` and values with an anchor are
 * there to be used elsewhere. Several maps are one, as dregsy has it when a key comes twice. Undefined, and a problem, if
 * it is no map.
 */
export function openFields(
  values: readonly YamlValue[],
  name: string,
  knownKeys: readonly string[],
  reporter: Reporter,
): Fields | undefined {
  const maps = values.filter((value) => value.kind === "map");
  const other = values.find((value) => value.kind !== "map");
  if (other !== undefined) reportType(reporter, name, "a map", other);
  const [first] = maps;
  if (other !== undefined || first === undefined) return undefined;
  const entries = maps.flatMap((map) => map.entries);
  for (const map of maps) reportKeys(map, name, knownKeys, reporter);
  const valuesOf = (key: string): readonly YamlValue[] =>
    entries.filter((entry) => entry.key === key).map((entry) => entry.value);
  return readFields(name, first.position, valuesOf, reporter);
}

function readFields(
  name: string,
  position: Position,
  valuesOf: (key: string) => readonly YamlValue[],
  reporter: Reporter,
): Fields {
  const label = (key: string): string => `${key} of ${name}`;
  const scalar = (key: string, expected: string): YamlScalar | undefined => {
    const value = valuesOf(key).at(-1);
    if (value === undefined || value.kind === "null") return undefined;
    if (value.kind === "scalar") return value;
    if (isPlaceholder(value)) reportPlaceholder(reporter, label(key), value.position);
    else reportType(reporter, label(key), expected, value);
    return undefined;
  };
  const read = <T>(
    key: string,
    expected: string,
    coerce: (value: YamlScalar) => T | undefined,
  ): T | undefined => {
    const found = scalar(key, expected);
    const value = found === undefined ? undefined : coerce(found);
    if (found !== undefined && value === undefined) {
      const shown = `${JSON.stringify(found.text)}${found.isPlain ? "" : " in quotes"}`;
      reportFound(reporter, label(key), expected, shown, found.position);
    }
    return value;
  };
  return {
    name,
    position,
    has: (key) => valuesOf(key).length > 0,
    isEmpty: (key) => {
      const value = valuesOf(key).at(-1);
      return value === undefined || value.kind === "null" || (value.kind === "scalar" && value.text === "");
    },
    positionOf: (key) => valuesOf(key).at(-1)?.position ?? position,
    text: (key) => scalar(key, "text")?.text ?? "",
    boolean: (key) => read(key, "true or false without quotes", toBoolean) ?? false,
    integer: (key) => read(key, "a whole number without quotes", toInteger) ?? 0,
    durationMs: (key) => read(key, "a duration such as 1h30m", toDurationMs),
    list: (key, expected = "a list") => {
      const value = valuesOf(key).at(-1);
      if (value === undefined || value.kind === "null") return [];
      if (value.kind === "list") return value.items;
      reportType(reporter, label(key), expected, value);
      return [];
    },
    map: (key, mapName, knownKeys) => {
      const all = valuesOf(key);
      const values = all.slice(all.findLastIndex((value) => value.kind === "null") + 1);
      return values.length === 0 ? undefined : openFields(values, mapName, knownKeys, reporter);
    },
  };
}

/** `{Token}`: what a guide leaves for the reader to fill in is a map for YAML. */
export function isPlaceholder(value: YamlValue): boolean {
  return (
    value.kind === "map" &&
    value.isFlow &&
    value.entries.length > 0 &&
    value.entries.every((entry) => entry.value.kind === "null" || isPlaceholder(entry.value))
  );
}

/** Reports a placeholder without its text, which may be a secret that somebody put into the braces. */
export function reportPlaceholder(reporter: Reporter, label: string, position: Position): void {
  const message = `Cannot use ${label}: it is a placeholder; put the value in its place`;
  reporter.problem("PLACEHOLDER", message, position);
}

/** Reports a value of the wrong type, without its text. */
export function reportType(reporter: Reporter, label: string, expected: string, found: YamlValue): void {
  const shown = { scalar: "text", null: "nothing", list: "a list", map: "a map" }[found.kind];
  reportFound(reporter, label, expected, shown, found.position);
}

function reportFound(
  reporter: Reporter,
  label: string,
  expected: string,
  found: string,
  position: Position,
): void {
  reporter.problem("TYPE_INVALID", `Cannot use ${label}: found ${found}, expected ${expected}`, position);
}

function reportKeys(map: YamlMap, name: string, knownKeys: readonly string[], reporter: Reporter): void {
  const seen = new Set<string>();
  for (const { key, position, isMerged, hasAnchor } of map.entries) {
    if (!isMerged && seen.has(key)) {
      reporter.warning(
        "KEY_DUPLICATE",
        `Key ${key} of ${name} is there twice, the last one counts`,
        position,
      );
    }
    if (!isMerged) seen.add(key);
    if (knownKeys.includes(key) || key.startsWith("x-") || hasAnchor) continue;
    const nearest = nearestName(key, knownKeys);
    const hint = nearest === undefined ? "" : `; did you mean ${nearest}?`;
    reporter.warning(
      "KEY_UNKNOWN",
      `Key ${JSON.stringify(key)} of ${name} is unknown and ignored${hint}`,
      position,
    );
  }
}
