import type { YamlScalar } from "./yaml.ts";

const TRUE: ReadonlySet<string> = new Set("y Y yes Yes YES true True TRUE on On ON".split(" "));
const FALSE: ReadonlySet<string> = new Set("n N no No NO false False FALSE off Off OFF".split(" "));

const INTEGER = /^([-+]?)(0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO]?[0-7]+|[1-9][0-9]*|0)$/;
const FLOAT = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/;

const MAX_INTEGER = 2 ** 63;

const DURATION_UNITS: ReadonlyMap<string, number> = new Map([
  ["ns", 1e-6],
  ["us", 1e-3],
  ["µs", 1e-3],
  ["μs", 1e-3],
  ["ms", 1],
  ["s", 1000],
  ["m", 60_000],
  ["h", 3_600_000],
]);

/** Reads a boolean as YAML 1.1 has it; undefined for what is none, quoted ones included. */
export function toBoolean({ text, isPlain }: YamlScalar): boolean | undefined {
  if (!isPlain) return undefined;
  if (TRUE.has(text)) return true;
  return FALSE.has(text) ? false : undefined;
}

/**
 * Reads a whole number as dregsy's YAML parser does: decimal, `0x`, `0b`, octal with a leading zero, with underscores;
 * a fraction is cut off. Undefined for what is none, quoted ones included.
 */
export function toInteger({ text, isPlain }: YamlScalar): number | undefined {
  if (!isPlain || !/^[-+.0-9]/.test(text)) return undefined;
  const plain = text.replaceAll("_", "");
  const [, sign, digits] = INTEGER.exec(plain) ?? [];
  const value =
    digits === undefined ? parseFloatText(plain) : Number(withOctalPrefix(digits)) * (sign === "-" ? -1 : 1);
  if (value === undefined || !(Math.abs(value) < MAX_INTEGER)) return undefined;
  return Math.trunc(value) + 0;
}

/** Reads a duration in Go's form (`1h30m`, no days), or a plain number of nanoseconds; in milliseconds. */
export function toDurationMs(scalar: YamlScalar): number | undefined {
  const nanoseconds = toInteger(scalar);
  if (nanoseconds !== undefined) return nanoseconds / 1e6;
  const [, sign, body = ""] = /^([-+]?)(.*)$/s.exec(scalar.text) ?? [];
  if (body === "0") return 0;
  if (!/^(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:ns|us|µs|μs|ms|s|m|h))+$/.test(body)) return undefined;
  let durationMs = 0;
  for (const [, number, unit = ""] of body.matchAll(/([0-9.]+)([a-zµμ]+)/g)) {
    durationMs += Number(number) * (DURATION_UNITS.get(unit) ?? 0);
  }
  return sign === "-" ? -durationMs : durationMs;
}

function parseFloatText(text: string): number | undefined {
  return FLOAT.test(text) ? Number(text) : undefined;
}

/** JavaScript reads `017` as 17. */
function withOctalPrefix(digits: string): string {
  return /^0[0-7]+$/.test(digits) ? `0o${digits}` : digits;
}
