import { lstat, readFile, symlink, writeFile } from "node:fs/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ErrorDocument, ExportDocument, readDocument } from "./support/documents.ts";
import { type Exchange, openExchange, RELEASES } from "./support/exchange.ts";

const EXPORT = ["export", "-c", "selection.yaml", "--json", "-o", "out.tar"];

let exchange: Exchange;

beforeEach(async () => {
  exchange = await openExchange();
});

afterEach(async () => {
  await exchange.close();
});

test("an older bundle at OUT gives its layers and is replaced", async () => {
  const { site, source } = exchange;
  await site.select("week-1.yaml", { registry: source.host, mappings: RELEASES.slice(0, 3) });
  const older = readDocument(
    await site.run(["export", "-c", "week-1.yaml", "-o", "out.tar", "--json"]),
    ExportDocument,
  );
  source.takeCounts();

  const newer = readDocument(await site.run(EXPORT), ExportDocument);

  const fresh = readDocument(
    await site.run(["export", "-c", "selection.yaml", "--json", "-o", "fresh.tar"]),
    ExportDocument,
  );
  expect(newer.bundle).not.toBe(older.bundle);
  expect(newer.bundle).toBe(fresh.bundle);
  expect(newer.reused.count).toBe(older.blobs.count);
  expect(newer.downloaded.count).toBe(newer.blobs.count - older.blobs.count);
  expect(await readFile(site.path("out.tar"))).toEqual(await readFile(site.path("fresh.tar")));
});

test("something else at OUT stays as it is, unless --force", async () => {
  const { site, source } = exchange;
  await writeFile(site.path("out.tar"), "the only copy of something");

  const refused = await site.run(EXPORT);

  expect(refused.exitCode).toBe(2);
  expect(readDocument(refused, ErrorDocument).error.code).toBe("OUTPUT_EXISTS");
  expect(await readFile(site.path("out.tar"), "utf8")).toBe("the only copy of something");
  expect(source.takeCounts()).toEqual({});

  const forced = await site.run([...EXPORT, "--force"]);

  expect(forced.exitCode).toBe(0);
  expect((await site.run(["verify", "out.tar"])).exitCode).toBe(0);
});

test("a device at OUT is not replaced, not even with --force", async () => {
  const { site } = exchange;
  // Through a link, so that a failure of this test would cost the link, not the device.
  await symlink("/dev/null", site.path("out.tar"));

  const run = await site.run([...EXPORT, "--force"]);

  expect(run.exitCode).toBe(2);
  expect(readDocument(run, ErrorDocument).error.code).toBe("USAGE");
  expect((await lstat(site.path("out.tar"))).isSymbolicLink()).toBe(true);
});
