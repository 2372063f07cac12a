import { expect, test } from "vitest";
import { describePeers } from "../peers/describe-peers.ts";
import { killExport } from "./kill-export.ts";

const MIB = 1024 * 1024;
const KILLS = 10;
/** With more the bound below would hold without resuming. */
const JOBS = 1;
/** What was written since the journal was, for each layer. */
const UNNOTED = 2 * MIB;

describePeers(["docker-registry"], "an export of a docker-registry", () => {
  test("row 105: that is killed ten times fetches hardly anything twice, and gives the same bundle", async () => {
    const report = await killExport({
      sizeMib: 60,
      kills: KILLS,
      jobs: JOBS,
      bytesPerSecond: 40 * MIB,
      seed: 1,
    });

    expect(report).toMatchObject({ kills: KILLS, isIdentical: true });
    expect(report.sent).toBeLessThanOrEqual(1.05 * report.payload + KILLS * JOBS * UNNOTED);
  });
});
