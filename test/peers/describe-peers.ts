import { describe, test } from "vitest";
import { hasPeer, type PeerName } from "./peers.ts";

/**
 * Tests that need these peers. A developer's machine may lack one: then they are skipped there, under a name that says
 * so. Where everything is checked, which is where `CI` is set, nothing may be lacking, and it fails.
 */
export function describePeers(names: readonly PeerName[], title: string, body: () => void): void {
  const absent = names.filter((name) => !hasPeer(name)).join(", no ");
  if (absent === "") return void describe(title, body);
  if (process.env["CI"] === undefined) return void describe.skip(`${title} (skipped: no ${absent})`, body);
  return void test(title, () => {
    throw new Error(`There is no ${absent}: run .ci/install-peers`);
  });
}
