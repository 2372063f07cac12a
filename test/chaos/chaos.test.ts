import { expect, test } from "vitest";
import { describePeers } from "../peers/describe-peers.ts";
import { runChaos } from "./run-chaos.ts";

/** Always the same rounds; `npm run test:chaos` makes others, and more. */
const SEED = 1;
/** The last of these rounds runs the executable, which is killed; in the others runs are aborted in this process. */
const ROUNDS = { from: 8, rounds: 4 };

describePeers(["docker-registry"], "two docker-registries behind faults", () => {
  test("images arrive as they were, whatever happens on the way", async () => {
    const happenings = await runChaos({ seed: SEED, ...ROUNDS });

    const kinds = [...happenings.keys()];
    // Faults happened on both sides, or nothing is tested.
    expect(kinds.filter((kind) => kind.startsWith("source: ")).length).toBeGreaterThan(5);
    expect(kinds.filter((kind) => kind.startsWith("target: ")).length).toBeGreaterThan(4);
    expect(happenings.get("export: run")).toBeGreaterThan(4);
    expect(happenings.get("export: SIGKILL")).toBeGreaterThan(0);
    expect(kinds).toContainEqual(expect.stringMatching(/^(?:export|import): aborted in the process$/));
  });
});
