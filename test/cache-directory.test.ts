import { writeFile } from "node:fs/promises";
import { platform } from "node:os";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ErrorDocument, readDocument } from "./support/documents.ts";
import { openSite, type Site } from "./support/site.ts";

let site: Site;

beforeEach(async () => {
  site = await openSite();
  await site.select("selection.yaml", { registry: "127.0.0.1:1", mappings: [{ from: "app", tags: ["1"] }] });
});

afterEach(async () => {
  await site.close();
});

const PLACES: readonly (readonly [place: string, reason: string])[] = [
  ["taken", "something else of that name is there"],
  ["taken/cache", "a part of its path is not a directory"],
  ...(platform() === "linux" ? ([["/proc/missing", "there is no such file or directory"]] as const) : []),
];

test.each(PLACES)("an export whose cache is at %s ends at once, and says so", async (place, reason) => {
  await writeFile(site.path("taken"), "");
  const cache = place.startsWith("/") ? place : site.path(place);

  const run = await site.run([
    "export",
    "-c",
    "selection.yaml",
    "-o",
    "out.tar",
    "--cache-dir",
    cache,
    "--json",
  ]);

  expect(run.exitCode).toBe(1);
  expect(readDocument(run, ErrorDocument).error).toEqual({
    code: "FILE_FAILED",
    message: `Cannot use the cache ${cache}: ${reason}`,
    hint: "Check that directory, or name another with --cache-dir",
  });
  expect(run.stderr.toString()).not.toContain("Trying again");
});
