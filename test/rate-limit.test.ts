import { readdir } from "node:fs/promises";
import { createMemoryStore } from "@airgap-bundle/core";
import type { RateLimit, RequestLimit } from "@airgap-bundle/registry";
import { afterEach, beforeEach, expect, test } from "vitest";
import { buildFleet } from "./fleet/build-fleet.ts";
import { ErrorDocument, ExportDocument, PlanDocument, readDocument } from "./support/documents.ts";
import { FLEET_REPOSITORIES, RELEASES, RELEASES_PER_REPOSITORY } from "./support/exchange.ts";
import { openSite, type Site } from "./support/site.ts";
import { openTestRegistry, type TestRegistry } from "./support/test-registry.ts";

const PULL_LIMIT = 100;
const ROOTS = RELEASES.length * RELEASES_PER_REPOSITORY;

let site: Site;
let source: TestRegistry | undefined;

beforeEach(async () => {
  site = await openSite();
});

afterEach(async () => {
  await source?.close();
  await site.close();
});

test.each(["plan", "export"])(
  "row 43: %s asks for no manifest if too few pulls are left",
  async (command) => {
    const { host, takeCounts } = await serveFleet(ROOTS - 1);
    const output = command === "export" ? ["-o", "out.tar"] : [];

    const run = await site.run([command, "-c", "selection.yaml", ...output, "--json"]);

    const { error } = readDocument(run, ErrorDocument);
    expect(run.exitCode).toBe(4);
    expect(error.code).toBe("TOOMANYREQUESTS");
    expect(error.message).toContain(host);
    expect(error.message).toContain(`${ROOTS} more pulls`);
    expect(error.message).toContain(`grants ${ROOTS - 1}`);
    expect(takeCounts()).toEqual({ "GET tags": RELEASES.length, "HEAD manifest": ROOTS });
    expect((await readdir(site.directory)).sort()).not.toContain("out.tar");
  },
);

test("row 43: an export takes what is granted where no window grants enough, and the next run the rest", async () => {
  const args = ["export", "-c", "selection.yaml", "-o", "out.tar", "--json"];
  const first = await serveFleet(ROOTS - 1, { limit: ROOTS - 1 });

  const stopped = await site.run(args);

  expect(stopped.exitCode).toBe(4);
  expect(readDocument(stopped, ErrorDocument).error.message).toContain(
    "1 more pulls are needed and it grants 0",
  );
  expect(first.takeCounts()["GET manifest"]).toBe(ROOTS - 1);
  await first.close();

  const second = await serveFleet(PULL_LIMIT);
  const run = await site.run(args);

  expect(run.exitCode).toBe(0);
  expect(second.takeCounts()["GET manifest"]).toBeLessThan(ROOTS);
});

test("a plan tells what is needed and left, and an export after it spends nothing", async () => {
  const { host, takeCounts } = await serveFleet(PULL_LIMIT);

  const planned = readDocument(await site.run(["plan", "-c", "selection.yaml", "--json"]), PlanDocument);

  const { "GET manifest": needed = 0 } = takeCounts();
  expect(needed).toBeGreaterThan(ROOTS);
  expect(planned.pulls).toEqual([{ registry: host, needed, remaining: PULL_LIMIT - needed }]);

  const run = await site.run(["export", "-c", "selection.yaml", "-o", "out.tar", "--json"]);

  expect(run.exitCode).toBe(0);
  expect(readDocument(run, ExportDocument)).toMatchObject({ images: ROOTS, failed: [] });
  expect(takeCounts()["GET manifest"]).toBeUndefined();
});

test("row 43: an export that may wait does so, takes what is granted, and needs nothing twice", async () => {
  const { takeCounts } = await serveFleet(ROOTS, { windowSeconds: 4, tellsReset: true });
  const args = ["export", "-c", "selection.yaml", "-o", "out.tar", "--wait-for-rate-limit", "--json"];

  const run = await site.run(args);

  expect(run.exitCode).toBe(0);
  expect(readDocument(run, ExportDocument)).toMatchObject({ images: ROOTS, failed: [] });
  expect(run.stderr).toMatch(
    /Waiting \ds for 127\.0\.0\.1:\d+: it grants no more pulls for now, and \d+ are/,
  );
  expect(takeCounts()["GET manifest"]).toBeGreaterThan(ROOTS);
});

test("row 44: requests that come too fast are slowed down as the registry asks, HEAD too", async () => {
  const { takeCounts } = await serveFleet(PULL_LIMIT, {}, { requests: 30, windowSeconds: 2 });

  const run = await site.run(["export", "-c", "selection.yaml", "-o", "out.tar", "--json"]);

  expect(run.exitCode).toBe(0);
  expect(readDocument(run, ExportDocument)).toMatchObject({ images: ROOTS, failed: [] });
  expect(run.stderr).toMatch(/Waiting \S+ for 127\.0\.0\.1:\d+: it asks to slow down \(429\)/);
  expect(takeCounts()["GET manifest"]).toBeGreaterThan(ROOTS);
});

test("what was fetched before the limit is kept: the next run needs only the rest", async () => {
  const first = await serveFleet(ROOTS);
  const args = ["plan", "-c", "selection.yaml", "--json"];

  const stopped = await site.run(args);

  const { "GET manifest": spent } = first.takeCounts();
  expect(stopped.exitCode).toBe(4);
  expect(spent).toBe(ROOTS);
  await first.close();

  const second = await serveFleet(PULL_LIMIT);
  const run = await site.run(args);

  expect(run.exitCode).toBe(0);
  const { "GET manifest": rest } = second.takeCounts();
  expect(readDocument(run, PlanDocument).pulls).toEqual([expect.objectContaining({ needed: rest })]);
  expect(rest).toBeLessThan(ROOTS);
});

/** Serves the fleet with so many pulls left, and writes a selection of it. */
async function serveFleet(
  remaining: number,
  changes: Partial<RateLimit> = {},
  requestLimit?: RequestLimit,
): Promise<TestRegistry> {
  const store = createMemoryStore();
  await buildFleet(store, { repositories: FLEET_REPOSITORIES, layerSize: 1024 });
  const rateLimit = { limit: PULL_LIMIT, remaining, windowSeconds: 21_600, ...changes };
  const quirks = { rateLimit, ...(requestLimit === undefined ? {} : { requestLimit }) };
  source = await openTestRegistry({ store, quirks });
  await site.select("selection.yaml", { registry: source.host, mappings: RELEASES });
  return source;
}
