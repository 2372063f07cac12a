import { describe } from "vitest";
import { hasPeer, type PeerName } from "./peers.ts";

/** Tests that need these peers; without one of them they are skipped under a name that says so. */
export function describePeers(names: readonly PeerName[], title: string, body: () => void): void {
  const absent = names.filter((name) => !hasPeer(name));
  if (absent.length === 0) describe(title, body);
  else describe.skip(`${title} (skipped: no ${absent.join(", no ")})`, body);
}
