import { copyFile, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildFleet, CLOUDFORET_SELECTION } from "../fleet/build-fleet.ts";
import { compareTarget } from "../support/compare-target.ts";
import { PlanDocument } from "../support/documents.ts";
import { openTestRegistry, type TestRegistry } from "../support/test-registry.ts";
import { openTerminal, type Terminal } from "./terminal.ts";

// The whole way of a bundle, with the executable that users have, between two registries of this process.

const SELECTION = "cloudforet-core.yaml";
const BUNDLE = "cloudforet.tar";
const PLAN = "plan.json";

const directory = await mkdtemp(join(tmpdir(), "bundle-demo-"));
// As Docker Hub, the source has no API for referrers.
const source = await openTestRegistry({ quirks: { referrersStatus: 404 } });
const target = await openTestRegistry();
try {
  await buildFleet(source.store);
  await copyFile(CLOUDFORET_SELECTION, join(directory, SELECTION));
  await demonstrate(openTerminal(directory));
} catch (error) {
  process.stderr.write(`\nThe demo failed: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
} finally {
  await Promise.all([source.close(), target.close()]);
  await rm(directory, { recursive: true, force: true });
}

async function demonstrate(terminal: Terminal): Promise<void> {
  const { bundle, heading, say } = terminal;
  const from = ["-c", SELECTION, "--mirror", `docker.io=${source.host}`];
  say(`Node.js ${process.versions.node}; ${SELECTION} is examples/${SELECTION} as it is`);
  say(`${source.host} stands for Docker Hub, ${target.host} for the registry of the closed network`);

  heading("Outside: what the selection means, what it would take");
  await bundle("config", "-c", SELECTION);
  await bundle("plan", ...from, "-o", PLAN);

  heading("Outside: all images into one file");
  await bundle("export", ...from, "-o", BUNDLE);

  heading("Inside: look at the file, verify it, push it");
  await bundle("inspect", BUNDLE);
  await bundle("verify", BUNDLE);
  await bundle("import", BUNDLE, "--to", target.host);
  await compare(terminal);

  heading("Once more: nothing has changed, nothing is transferred");
  source.takeCounts();
  await bundle("export", ...from, "-o", BUNDLE);
  checkRequests(terminal, "outside", source, ["GET tags", "HEAD manifest", "GET referrers"]);
  target.takeCounts();
  await bundle("import", BUNDLE, "--to", target.host);
  checkRequests(terminal, "inside", target, ["HEAD manifest"]);
}

/** @throws if the target registry gives anything else than what was planned */
async function compare({ say }: Terminal): Promise<void> {
  const plan = PlanDocument.parse(JSON.parse(await readFile(join(directory, PLAN), "utf8")));
  const mismatches = await compareTarget(plan, target.host);
  for (const { image, planned, found } of mismatches) say(`${image}: planned ${planned}, found ${found}`);
  if (mismatches.length > 0 || plan.images.length === 0)
    throw new Error(`${mismatches.length} of ${plan.images.length} images are not in the target as planned`);
  say(`All ${plan.images.length} images have in ${target.host} the digest that the plan names`);
}

/** @throws if a registry was asked for more than these kinds of requests */
function checkRequests(
  { say }: Terminal,
  where: string,
  { takeCounts }: TestRegistry,
  allowed: readonly string[],
): void {
  const counts = Object.entries(takeCounts());
  const list = counts.map(([kind, count]) => `${count} × ${kind}`).join(", ");
  if (counts.some(([kind]) => !allowed.includes(kind))) throw new Error(`The registry ${where} saw ${list}`);
  say(`The registry ${where} saw ${list}, and nothing else`);
}
