const UNITS = ["KiB", "MiB", "GiB", "TiB", "PiB"];

/** A number of bytes for people: `512 B`, `340 MiB`, `1.2 GiB`. One digit behind the point below ten. */
export function formatSize(size: number): string {
  if (size < 1024) return `${size} B`;
  let value = size;
  let unit = "B";
  for (const next of UNITS) {
    // 1023.5 would be rounded to 1024, which is one of the next unit.
    if (value < 1023.5) break;
    value /= 1024;
    unit = next;
  }
  return `${value < 9.95 ? value.toFixed(1) : Math.round(value)} ${unit}`;
}
