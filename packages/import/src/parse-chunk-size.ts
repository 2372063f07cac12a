import { BundleError } from "@airgap-bundle/core";

const UNITS: Readonly<Record<string, number>> = {
  "": 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  kib: 1024,
  mib: 1024 ** 2,
  gib: 1024 ** 3,
};

/** Less makes more requests than bytes are worth. */
const MIN_CHUNK_SIZE = 64 * 1024;

/** A number of bytes as people write it: `16MiB`, `5 MB`, `1048576`. @throws `USAGE` for anything else, and for less than 64 KiB */
export function parseChunkSize(text: string): number {
  const [, count, unit = ""] = /^(\d{1,12}(?:\.\d{1,3})?) ?([kmg]i?b)?$/i.exec(text.trim()) ?? [];
  const size = Math.floor(Number(count) * (UNITS[unit.toLowerCase()] ?? Number.NaN));
  if (size >= MIN_CHUNK_SIZE && Number.isSafeInteger(size)) return size;
  throw new BundleError(
    "USAGE",
    `Cannot use --chunk-size ${JSON.stringify(text.slice(0, 40))}: it is no number of bytes from 64KiB up`,
    { hint: "Write for example 16MiB, 5MB or 1048576" },
  );
}
