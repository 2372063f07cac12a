import { verifyBundle } from "@airgap-bundle/core";
import type { ChooseFault } from "../faults/fault.ts";
import { type FaultProxy, serveFaults } from "../faults/serve-faults.ts";
import { createRandom, type Random } from "../fuzz/random.ts";
import { contentsOf } from "../support/images.ts";
import { openSite, type Site } from "../support/site.ts";
import { drawFaults } from "./chaos-faults.ts";
import {
  type Commands,
  commandsInProcess,
  commandsOfExecutable,
  type RunOutcome,
  type StopRun,
} from "./commands.ts";
import { drawFleet, type FleetTag } from "./draw-fleet.ts";
import { fillSource } from "./fill-source.ts";
import { readTree } from "./read-tree.ts";

/** More runs than any round needs: faults end, as each thing is disturbed a few times only. */
const MOST_RUNS = 25;

/** Whatever stops a run does so within so many requests. */
const STOP_WITHIN = 40;

/** The registries of all rounds. */
export interface ChaosWorld {
  readonly source: string;
  readonly target: string;
}

/** Which round. */
export interface RoundOptions {
  readonly seed: number;
  readonly round: number;
  /** Whether the real executable runs, and is killed; else its functions run in this process. */
  readonly usesExecutable: boolean;
  /** Told of everything that happens, by kind. */
  readonly onHappening: (kind: string) => void;
}

/** Draws a fleet, carries it through faults until both commands say that all is done, and compares. @throws if anything differs */
export async function runRound(world: ChaosWorld, options: RoundOptions): Promise<void> {
  const { seed, round, usesExecutable, onHappening } = options;
  const random = createRandom(seed, round);
  const name = `chaos-${seed}-${round}`;
  const fleet = drawFleet(random, name);
  const openProxy = async (side: "source" | "target"): Promise<FaultProxy> =>
    await openSide(world[side], { side, name, fleet, onHappening, listener: listeners[side] });
  const listeners = { source: createTrip(), target: createTrip() };
  const move = await fillSource(world.source, fleet, onHappening);
  const [site, source, target] = [await openSite(), await openProxy("source"), await openProxy("target")];
  try {
    await selectFleet(site, source.host, fleet);
    const commands = usesExecutable ? commandsOfExecutable(site) : await commandsInProcess(site);
    const run = { commands, random, onHappening };
    if (move !== undefined) listeners.source.after(random.below(STOP_WITHIN), move.begin);
    await repeat("export", run, listeners.source, async (onStart) => await commands.export(onStart));
    await move?.finished();
    await expectSound(site);
    await repeat(
      "import",
      run,
      listeners.target,
      async (onStart) => await commands.import(target.host, onStart),
    );
    await compare(world, fleet);
  } finally {
    for (const one of [site, source, target]) await one.close();
  }
}

/** Does things when so many requests have come. */
interface Trip {
  after(requests: number, act: () => void): void;
  readonly onRequest: () => void;
}

function createTrip(): Trip {
  const waiting: { left: number; readonly act: () => void }[] = [];
  return {
    after: (requests, act) => void waiting.push({ left: requests, act }),
    onRequest() {
      for (const one of waiting) if (one.left-- === 0) one.act();
    },
  };
}

interface SideOptions {
  readonly side: string;
  readonly name: string;
  readonly fleet: readonly FleetTag[];
  readonly onHappening: (kind: string) => void;
  readonly listener: Trip;
}

async function openSide(registry: string, options: SideOptions): Promise<FaultProxy> {
  const { side, name, fleet, onHappening, listener } = options;
  const contents = contentsOf(fleet.flatMap(({ versions }) => versions));
  const sizes = new Map([...contents].map(([digest, content]) => [digest, content.length]));
  const draw = drawFaults({
    seed: `${name} ${side}`,
    sizes,
    onFault: (fault) =>
      onHappening(`${side}: ${fault.kind === "answer" ? `answer ${fault.status}` : fault.kind}`),
  });
  const choose: ChooseFault = (request) => {
    listener.onRequest();
    return draw(request);
  };
  return await serveFaults({ registry, choose });
}

async function selectFleet(site: Site, registry: string, fleet: readonly FleetTag[]): Promise<void> {
  const repositories = [...new Set(fleet.map(({ repository }) => repository))];
  const mappings = repositories.map((from, nth) => {
    const tags = fleet.filter(({ repository }) => repository === from).map(({ tag }) => tag);
    // Some need a list of tags and some do not.
    return { from, to: from, tags: nth % 2 === 0 ? tags : ["regex: 1\\..*"] };
  });
  await site.select("selection.yaml", { registry, mappings });
}

interface Runs {
  readonly commands: Commands;
  readonly random: Random;
  readonly onHappening: (kind: string) => void;
}

/** Runs a command until it says that all is done; some runs are stopped. */
async function repeat(
  command: string,
  { random, onHappening }: Runs,
  trip: Trip,
  run: (onStart: (stop: StopRun) => void) => Promise<RunOutcome>,
): Promise<void> {
  const outcomes: RunOutcome[] = [];
  for (let nth = 0; nth < MOST_RUNS; nth++) {
    const how = random.pick(["SIGINT", "SIGKILL"] as const);
    const isStopped = nth < 3 && random.oneIn(4);
    const outcome = await run((stop) => {
      if (!isStopped) return;
      trip.after(random.below(STOP_WITHIN), () => {
        const done = stop(how);
        if (done !== undefined) onHappening(`${command}: ${done}`);
      });
    });
    onHappening(`${command}: run`);
    outcomes.push(outcome);
    if (outcome === "done") return;
  }
  throw new Error(`No ${command} of ${MOST_RUNS} ended well:\n${outcomes.join("\n")}`);
}

async function expectSound(site: Site): Promise<void> {
  const { problems } = await verifyBundle(site.path("out.tar"));
  if (problems.length > 0) throw new Error(`The bundle is not sound: ${JSON.stringify(problems)}`);
}

async function compare({ source, target }: ChaosWorld, fleet: readonly FleetTag[]): Promise<void> {
  for (const { repository, tag, versions } of fleet) {
    const [root = "", ...below] = await readTree(target, repository, tag);
    const isOneOfThem = versions.some(({ descriptor }) => descriptor.digest === root);
    if (!isOneOfThem) throw new Error(`${repository}:${tag} is ${root}, which it never was`);
    const original = await readTree(source, repository, root);
    if (original.join() !== [root, ...below].join()) throw new Error(`${repository}:${tag} is another below`);
  }
}
