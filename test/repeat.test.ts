import { rm } from "node:fs/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ExportDocument, ImportDocument, readDocument } from "./support/documents.ts";
import { type Exchange, openExchange, RELEASES, RELEASES_PER_REPOSITORY } from "./support/exchange.ts";

const EXPORT = ["export", "-c", "selection.yaml", "-o", "out.tar", "--json"];
const LISTS = RELEASES.length;
const IMAGES = RELEASES.length * RELEASES_PER_REPOSITORY;

let exchange: Exchange;

beforeEach(async () => {
  exchange = await openExchange();
});

afterEach(async () => {
  await exchange.close();
});

test("an unchanged selection costs one list per repository, one HEAD per tag, and one question for referrers", async () => {
  const { site, source } = exchange;
  const first = readDocument(await site.run(EXPORT), ExportDocument);
  source.takeCounts();

  const second = readDocument(await site.run(EXPORT), ExportDocument);

  expect(source.takeCounts()).toEqual({
    "GET tags": LISTS,
    "HEAD manifest": IMAGES,
    "GET referrers": 1,
  });
  expect(first).toMatchObject({ images: IMAGES, failed: [], reused: { count: 0 } });
  expect(second).toMatchObject({
    bundle: first.bundle,
    reused: first.blobs,
    downloaded: { count: 0, size: 0 },
  });
});

test("without OUT the cache still saves every manifest and config, without the cache OUT every layer", async () => {
  const { site, source } = exchange;
  const first = readDocument(await site.run(EXPORT), ExportDocument);
  source.takeCounts();
  await rm(site.path("out.tar"));

  const second = readDocument(await site.run(EXPORT), ExportDocument);

  const { "GET blob": layers = 0, ...others } = source.takeCounts();
  expect(others).toEqual({ "GET tags": LISTS, "HEAD manifest": IMAGES, "GET referrers": 1 });
  expect(second.downloaded.count).toBe(layers);
  expect(second.downloaded.count + second.reused.count).toBe(first.blobs.count);
  expect(second.bundle).toBe(first.bundle);

  await rm(site.cacheDirectory, { recursive: true });
  const third = readDocument(await site.run(EXPORT), ExportDocument);

  expect(third.bundle).toBe(first.bundle);
  expect(third.reused.count).toBe(layers);
});

test("a second import asks once for each tag and sends nothing", async () => {
  const { site, target } = exchange;
  await site.run(EXPORT);
  const args = ["import", "out.tar", "--to", target.host, "--json"];
  const first = readDocument(await site.run(args), ImportDocument);
  target.takeCounts();

  const second = readDocument(await site.run(args), ImportDocument);

  expect(target.takeCounts()).toEqual({ "HEAD manifest": IMAGES });
  expect(first.images.map(({ status }) => status)).toEqual(Array(IMAGES).fill("pushed"));
  expect(second.images.map(({ status }) => status)).toEqual(Array(IMAGES).fill("unchanged"));
  expect(second.blobs).toEqual({ uploaded: 0, mounted: 0, existing: 0 });
});
