import { lstat, mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { tryLock } from "@airgap-bundle/core";
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

test("what could not be had is told, also where the run ends with an error", async () => {
  const { site, source } = exchange;
  const mappings = [...RELEASES, { from: "nobody/has-it", tags: ["1.0"] }];
  await site.select("more.yaml", { registry: source.host, mappings });
  await writeFile(site.path("out.tar.partial"), "a letter");

  const refused = await site.run(["export", "-c", "more.yaml", "-o", "out.tar"]);

  expect(refused.exitCode).toBe(2);
  expect(refused.stderr).toContain(`${source.host}/nobody/has-it:1.0: Cannot find`);
  expect(refused.stderr).toContain("out.tar.partial: it is there");
});

test("row 108: a second export to one file says who writes it, and one with the same cache that there are two", async () => {
  const { site } = exchange;
  await mkdir(site.cacheDirectory, { recursive: true });
  const output = await tryLock(site.path("out.tar.lock"));
  const cache = await tryLock(`${site.cacheDirectory}/lock`);

  const second = await site.run(EXPORT);

  expect(second.exitCode).toBe(1);
  expect(readDocument(second, ErrorDocument).error).toMatchObject({
    code: "OUTPUT_IN_USE",
    message: `Cannot write out.tar: process ${process.pid} on this machine is writing it`,
  });

  if ("release" in output) await output.release();
  const third = await site.run(EXPORT);

  expect(third.exitCode).toBe(0);
  expect(third.stderr).toContain(`process ${process.pid} on this machine uses the cache`);
  if ("release" in cache) await cache.release();
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

test.each(["there", "missing"])(
  "a link at OUT stays, and the bundle is where it leads: %s",
  async (state) => {
    const { site } = exchange;
    await mkdir(site.path("disk"));
    await symlink("disk/real.tar", site.path("out.tar"));
    if (state === "there") await site.run(["export", "-c", "selection.yaml", "-o", "disk/real.tar"]);

    const { exitCode, stdout } = await site.run([...EXPORT, "--force"]);

    expect(exitCode).toBe(0);
    expect((await lstat(site.path("out.tar"))).isSymbolicLink()).toBe(true);
    expect(await readdir(site.path("disk"))).toEqual(["real.tar"]);
    expect(JSON.parse(stdout.toString())).toMatchObject({
      volumes: [{ path: expect.stringMatching(/disk\/real\.tar$/) }],
    });
  },
);

test.each(["loop.tar", "link-to-selection.tar"])(
  "a link at OUT that leads nowhere good is refused: %s",
  async (name) => {
    const { site } = exchange;
    await symlink("loop.tar", site.path("loop.tar"));
    await symlink("selection.yaml", site.path("link-to-selection.tar"));

    const run = await site.run(["export", "-c", "selection.yaml", "-o", name, "--force", "--json"]);

    expect(run.exitCode).toBe(2);
    expect(readDocument(run, ErrorDocument).error.message).toMatch(/leads to itself|that is the selection/);
  },
);
