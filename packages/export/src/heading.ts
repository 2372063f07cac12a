import { BundleError, type BundleHeading } from "@airgap-bundle/core";

/** What a bundle is to say about itself. */
export interface HeadingFlags {
  readonly createdBy: string;
  readonly label?: string | undefined;
  readonly created?: string | undefined;
}

const RFC3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})$/;

/**
 * The heading of a bundle. Its time is the flag's, else that of `SOURCE_DATE_EPOCH`
 * ({@link https://reproducible-builds.org/specs/source-date-epoch/}), else there is none.
 *
 * @throws `USAGE` if either is malformed
 */
export function toHeading(
  flags: HeadingFlags,
  environment: Readonly<Record<string, string | undefined>>,
): BundleHeading {
  const { createdBy, label } = flags;
  const created =
    flags.created === undefined ? readEpoch(environment["SOURCE_DATE_EPOCH"]) : checkTime(flags.created);
  return {
    createdBy,
    ...(label === undefined ? {} : { label }),
    ...(created === undefined ? {} : { created }),
  };
}

function checkTime(created: string): string {
  if (RFC3339.test(created) && isDay(created.slice(0, 10)) && !Number.isNaN(Date.parse(created)))
    return created;
  throw new BundleError(
    "USAGE",
    `Cannot use --created ${created}: it is not a time like 2026-01-31T12:00:00Z`,
    { hint: "Write date, time and offset so, or leave it out; see bundle export --help" },
  );
}

/** `Date` takes the 30th of February for the 2nd of March. */
function isDay(day: string): boolean {
  const date = new Date(`${day}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(day);
}

function readEpoch(seconds: string | undefined): string | undefined {
  if (seconds === undefined || seconds === "") return undefined;
  const date = new Date(Number(seconds) * 1000);
  if (/^\d{1,11}$/.test(seconds)) return date.toISOString().replace(".000Z", "Z");
  throw new BundleError(
    "USAGE",
    `Cannot use SOURCE_DATE_EPOCH ${JSON.stringify(seconds)}: it is not a number of seconds`,
    { hint: "Set it to the seconds since 1970, as date +%s prints them, or unset it" },
  );
}
