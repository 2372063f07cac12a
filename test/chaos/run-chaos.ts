import { startDockerRegistry } from "../peers/docker-registry.ts";
import { runRound } from "./run-round.ts";

/** Rounds at once: most of a round is waiting before something is tried again. */
const CONCURRENCY = 12;

/** One round in so many runs the real executable, in a process of its own. */
const EXECUTABLE_RATE = 12;

/** Which rounds. */
export interface ChaosOptions {
  readonly seed: number;
  /** Number of the first one. @default 0 */
  readonly from?: number;
  readonly rounds: number;
  /** Told of each round that ended well. */
  readonly onRound?: (round: number) => void;
}

/** How often what happened. */
export type Happenings = ReadonlyMap<string, number>;

/** Runs rounds between two docker-registries. @throws at the first that fails, with what repeats it */
export async function runChaos(options: ChaosOptions): Promise<Happenings> {
  const { seed, from = 0, rounds, onRound } = options;
  const happenings = new Map<string, number>();
  const onHappening = (kind: string): void => void happenings.set(kind, (happenings.get(kind) ?? 0) + 1);
  const [source, target] = [await startDockerRegistry(), await startDockerRegistry()];
  const world = { source: source.host, target: target.host };
  let next = from;
  const work = async (): Promise<void> => {
    while (next < from + rounds) {
      const round = next++;
      const usesExecutable = round % EXECUTABLE_RATE === EXECUTABLE_RATE - 1;
      try {
        await runRound(world, { seed, round, usesExecutable, onHappening });
      } catch (cause) {
        next = Infinity;
        const again = `npm run test:chaos -- --seed ${seed} --only-round ${round}`;
        throw new Error(`Round ${round} of seed ${seed} fails; again with: ${again}`, { cause });
      }
      onRound?.(round);
    }
  };
  try {
    const ends = await Promise.allSettled(Array.from({ length: CONCURRENCY }, work));
    const failures = ends.filter((end) => end.status === "rejected");
    if (failures[0] !== undefined) throw failures[0].reason;
  } finally {
    await source.close();
    await target.close();
  }
  return happenings;
}
