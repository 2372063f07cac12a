import { openRegistry } from "@airgap-bundle/registry";
import { putManifest } from "../support/images.ts";
import type { FleetTag } from "./draw-fleet.ts";

/** Moves a tag at some time. */
interface Move {
  readonly begin: () => void;
  /** @throws if it has begun and failed */
  finished(): Promise<void>;
}

/** Gives what moves a tag, if one is to move. */
export async function fillSource(
  host: string,
  fleet: readonly FleetTag[],
  onHappening: (kind: string) => void,
): Promise<Move | undefined> {
  const registry = openRegistry(host, { userAgent: "chaos", findCredentials: async () => undefined });
  try {
    let move: Move | undefined;
    for (const { repository, tag, versions } of fleet) {
      const [first, second] = versions;
      const target = registry.openRepository(repository);
      if (second !== undefined) {
        await putManifest(target, second);
        const { mediaType } = second.descriptor;
        const put = { method: "PUT", headers: { "content-type": mediaType }, body: second.content };
        move = createMove(async () => {
          const { status } = await fetch(`http://${host}/v2/${repository}/manifests/${tag}`, put);
          if (status !== 201) throw new Error(`the tag did not move: ${status}`);
          onHappening("source: tag moved");
        });
      }
      await putManifest(target, first, tag);
    }
    return move;
  } finally {
    await registry.close();
  }
}

function createMove(work: () => Promise<void>): Move {
  let outcome: Promise<PromiseSettledResult<void>[]> | undefined;
  return {
    begin() {
      outcome = Promise.allSettled([work()]);
    },
    async finished() {
      for (const settled of (await outcome) ?? []) if (settled.status === "rejected") throw settled.reason;
    },
  };
}
