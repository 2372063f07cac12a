import { rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { describePeers } from "../peers/describe-peers.ts";
import { formatRows } from "./format-rows.ts";
import { makePlace, type Place } from "./place.ts";
import { readOptions } from "./read-options.ts";
import { runBench } from "./run-bench.ts";
import { SIZES } from "./sizes.ts";

/** The one large layer goes through the same functions as the fleet. */
const GROUPS = "start,plan,export,import";

/** Some forty commands, a third of which start from sources; a busy machine takes its time. */
const TIMEOUT_MS = 180_000;

/** The sources, so that nothing needs building. */
const DEV = fileURLToPath(new URL("../../packages/bundle/bin/dev.js", import.meta.url));
const COMPILE_CACHE = fileURLToPath(new URL("../../node_modules/.cache/compile", import.meta.url));

const WORDS = [
  ["bundle --version", "node -e 0"],
  ["bundle config", "node -e 0"],
  ["plan of 100 tags: time of a tag", "of 50 tags"],
  ["plan of 100 tags: peak memory", "300 MB"],
  ["plan of 100 tags: GETs of a manifest, at most", "one"],
  ["export, 8 tags, loopback", "curl -Z"],
  ["export, 8 tags, loopback: on disk", "unique bytes"],
  ["export, 8 tags, loopback: written", "unique bytes"],
  ["export, 8 tags, loopback", "skopeo sync"],
  ["export, 8 tags, loopback", "skopeo copy, tag by tag"],
  ["export, 8 tags, loopback, again", "skopeo copy again"],
  ["export, 8 tags, loopback, again: requests", "one list each repository, one HEAD each tag"],
  ["import, 8 tags, loopback", "curl -Z"],
  ["import, 8 tags, loopback", "skopeo copy, tag by tag"],
  ["import, 8 tags, loopback, again", "skopeo copy again"],
  ["import, 8 tags, loopback, again: requests", "one HEAD each tag"],
  ["export: peak memory", "the same with layers of a tenth"],
  ["import: peak memory", "the same with layers of a tenth"],
  ["peak memory of all rows", "250 MB"],
];

let place: Place;

beforeEach(async () => {
  place = await makePlace(0);
});

afterEach(async () => {
  await rm(place.directory, { recursive: true, force: true });
});

describePeers(["docker-registry", "skopeo", "curl", "time"], "bench", () => {
  // That curl and import leave the right digests, and export the right blobs, is checked by the bench itself.
  test("every row of the table has two numbers and a ratio", { timeout: TIMEOUT_MS }, async () => {
    const rows = await runBench({
      ...readOptions(["--only", GROUPS, "--link", "loopback", "--runs", "1"]),
      directory: place.directory,
      size: SIZES.tiny,
      bundle: ["env", `NODE_COMPILE_CACHE=${COMPILE_CACHE}`, process.execPath, "--conditions=source", DEV],
      log: () => {},
    });

    expect(rows.map(({ what, against }) => [what, against])).toEqual(WORDS);
    for (const { what, ours, theirs, ratio } of rows)
      for (const number of [ours, theirs, ratio]) expect(number, what).toBeGreaterThan(0);
    expect(formatRows(rows).split("\n")).toHaveLength(rows.length + 2);
  });
});

test.each([[["--only", "start,nothing"]], [["--size", "huge"]], [["--link", "10gbit"]], [["--runs", "0"]]])(
  "readOptions() refuses %j with the usage",
  (args) => {
    expect(() => readOptions(args)).toThrow(/^(?:Cannot use a value|Unknown option)/);
  },
);
