const UNIT_MS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  µs: 1e-3,
  μs: 1e-3,
  us: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
};

/** For a date that is past, or no time at all: it is a request to slow down all the same. */
const UNREADABLE_WAIT_MS = 1000;

/** Longer is nobody's wait: a number without end would be told as one. */
const MAX_WAIT_MS = 30 * 24 * 60 * 60 * 1000;

/** Seconds or a date: {@link https://www.rfc-editor.org/rfc/rfc9110#field.retry-after}. In milliseconds from now. */
export function readRetryAfter(header: string | undefined): number | undefined {
  if (header === undefined) return undefined;
  if (/^\d+$/.test(header)) return Math.min(Number(header) * 1000, MAX_WAIT_MS);
  // What begins with no weekday is no date, though the parser would make one of it.
  const date = /^[a-z]/i.test(header) ? Date.parse(header) : Number.NaN;
  const waitMs = date - Date.now();
  return waitMs > 0 ? Math.min(waitMs, MAX_WAIT_MS) : UNREADABLE_WAIT_MS;
}

/** What GHCR says in words instead: `retry-after: 880.092µs, allowed: 44000/minute`. */
export function readSpokenRetryAfter(message: string | undefined): number | undefined {
  const [, count, unit = ""] = /retry-after: (\d+(?:\.\d+)?)(ns|[uµμ]s|ms|s|m)\b/i.exec(message ?? "") ?? [];
  const unitMs = UNIT_MS[unit];
  if (count === undefined || unitMs === undefined) return undefined;
  return Math.min(Math.ceil(Number(count) * unitMs), MAX_WAIT_MS);
}
