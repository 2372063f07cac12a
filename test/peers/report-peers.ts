import { listAbsentPeers } from "./peers.ts";

/**
 * Run by vitest before any test: names the peers that are absent, whose tests are skipped. Where `CI` is `true` nothing
 * may be skipped.
 */
export function setup(): void {
  const absent = listAbsentPeers();
  if (process.env["CI"] === "true" && absent.length > 0) {
    const names = absent.map(({ name, install }) => `${name} (${install})`).join(", ");
    throw new Error(`Cannot test interoperability: not installed: ${names}`);
  }
  for (const { name, install } of absent) {
    process.stdout.write(`skipped: interoperability with ${name} (not installed; ${install})\n`);
  }
}
