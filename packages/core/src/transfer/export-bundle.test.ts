import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  type NamedImages,
  openFilledCache,
  openSources,
  type ReplaceBlob,
} from "../../../../test/support/bundles.ts";
import { type MadeManifest, makeImage, makeIndex, planOf } from "../../../../test/support/images.ts";
import { openBundle } from "../bundle/open-bundle.ts";
import { verifyBundle } from "../bundle/verify-bundle.ts";
import type { Descriptor } from "../descriptor.ts";
import { BundleError } from "../error.ts";
import type { TransferEvent } from "../events.ts";
import type { OpenSource } from "../fetch/fetch-blob.ts";
import type { Plan } from "../plan/plan.ts";
import { exportBundle } from "./export-bundle.ts";
import type { ExportOptions } from "./export-options.ts";

const REDIS = makeImage(["base".repeat(9000), "redis"]);
const INDEX = makeIndex([REDIS, makeImage(["redis for arm"], "linux/arm64")]);
const NGINX = makeImage(["base".repeat(9000), "nginx".repeat(1000)]);
const IMAGES: NamedImages = [
  ["redis:7", INDEX],
  ["nginx:1", NGINX],
  ["r.io/copy:1", NGINX],
];

let directory: string;
let path: string;
/** Digests of the blobs that were opened at a source, with its repository. */
let opened: string[];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "export-"));
  path = join(directory, "out.tar");
  opened = [];
});

afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

async function openSourcesOf(replace?: ReplaceBlob): Promise<OpenSource> {
  return await openSources(IMAGES, opened, replace);
}

async function optionsFor(options: Partial<ExportOptions> = {}): Promise<ExportOptions> {
  const cache = await openFilledCache(join(directory, "cache"), IMAGES);
  return { openSource: await openSourcesOf(), cache, heading: { createdBy: "test" }, jobs: 2, ...options };
}

/** The bytes of a bundle of this plan. */
async function bytesOf(plan: Plan): Promise<Buffer> {
  const other = join(directory, "other.tar");
  await exportBundle(plan, other, await optionsFor());
  return await readFile(other);
}

async function* failing(error: Error): AsyncGenerator<Uint8Array> {
  yield Buffer.from("ba");
  throw error;
}

function isLayer(made: MadeManifest, position: number, descriptor: Descriptor): boolean {
  return made.blobs[position]?.descriptor.digest === descriptor.digest;
}

const unavailable = new BundleError("DENIED", "Cannot fetch it");

describe("exportBundle()", () => {
  test("writes a sound bundle and tells what came from where", async () => {
    const report = await exportBundle(planOf(IMAGES), path, await optionsFor());

    const { id, problems, document } = await verifyBundle(path);
    expect(problems).toEqual([]);
    expect(report).toMatchObject({ bundle: id, images: 3, failed: [], size: (await readFile(path)).length });
    expect(report.blobs.count).toBe(document.blobs.length);
    // The manifests were in the cache; configs and layers were fetched.
    expect([report.downloaded.count, report.reused.count]).toEqual([3 + 4, 4]);
    expect((await readdir(directory)).sort()).toEqual(["cache", "out.tar"]);
  });

  test("fetches each blob once", async () => {
    await exportBundle(planOf(IMAGES), path, await optionsFor());

    const digests = opened.map((request) => request.split(" ")[1]);
    expect(new Set(digests).size).toBe(digests.length);
  });

  test("gives the same bytes whatever comes first", async () => {
    await exportBundle(planOf(IMAGES.toReversed()), path, await optionsFor({ jobs: 5 }));

    expect((await readFile(path)).equals(await bytesOf(planOf(IMAGES)))).toBe(true);
  });

  test("writes a blob that was the config of an image taken out and is a layer of another", async () => {
    const gone = makeImage(["gone"]);
    const kept = makeImage([gone.blobs[0]?.content.toString() ?? "", "kept"]);
    const images: NamedImages = [
      ["gone:1", gone],
      ["kept:1", kept],
    ];
    const openSource = await openSources(images, opened, (descriptor) =>
      isLayer(gone, 1, descriptor) ? failing(unavailable) : undefined,
    );
    const cache = await openFilledCache(join(directory, "cache"), images);

    const report = await exportBundle(planOf(images), path, await optionsFor({ openSource, cache }));

    expect(report).toMatchObject({ images: 1, failed: [{ source: "docker.io/library/gone:1" }] });
    expect((await verifyBundle(path)).problems).toEqual([]);
  });

  test("writes the planned bundle anew if it is told to, without a damaged layer", async () => {
    await exportBundle(planOf(IMAGES), path, await optionsFor());
    const sound = await readFile(path);
    const damaged = Buffer.from(sound);
    damaged.write("BASE", sound.lastIndexOf("basebase"));
    await writeFile(path, damaged);
    const existing = await openBundle(path);

    await exportBundle(planOf(IMAGES), path, { ...(await optionsFor()), existing, isForced: true });

    await existing.close();
    expect((await readFile(path)).equals(sound)).toBe(true);
  });

  test("fetches nothing where the planned bundle is there", async () => {
    await exportBundle(planOf(IMAGES), path, await optionsFor());
    const existing = await openBundle(path);
    opened = [];

    const report = await exportBundle(planOf(IMAGES), path, { ...(await optionsFor()), existing });

    await existing.close();
    expect(opened).toEqual([]);
    expect(report).toMatchObject({
      bundle: existing.id,
      downloaded: { count: 0, size: 0 },
      reused: report.blobs,
    });
  });

  test("takes the layers of another bundle that is there, and fetches only what it lacks", async () => {
    await exportBundle(planOf(IMAGES.slice(0, 1)), path, await optionsFor());
    const existing = await openBundle(path);
    opened = [];

    await exportBundle(planOf(IMAGES), path, { ...(await optionsFor()), existing });

    await existing.close();
    const fetched = NGINX.blobs.filter((_blob, position) => position !== 1);
    expect(opened.map((request) => request.split(" ")[1]).sort()).toEqual(
      fetched.map(({ descriptor }) => descriptor.digest).sort(),
    );
    expect((await readFile(path)).equals(await bytesOf(planOf(IMAGES)))).toBe(true);
  });

  test("fetches a layer anew that is damaged in the bundle that is there", async () => {
    await exportBundle(planOf(IMAGES.slice(0, 1)), path, await optionsFor());
    const damaged = await readFile(path);
    damaged.write("BASE", damaged.lastIndexOf("basebasebase"));
    await writeFile(path, damaged);
    const existing = await openBundle(path);
    const events: TransferEvent[] = [];

    const options = { ...(await optionsFor({ onEvent: (event) => events.push(event) })), existing };
    await exportBundle(planOf(IMAGES), path, options);

    await existing.close();
    expect(events).toContainEqual(expect.objectContaining({ kind: "warning", code: "DIGEST_INVALID" }));
    expect((await readFile(path)).equals(await bytesOf(planOf(IMAGES)))).toBe(true);
  });

  test("fetches a layer anew that cannot be read in the bundle that is there", async () => {
    await exportBundle(planOf(IMAGES.slice(0, 1)), path, await optionsFor());
    const sound = await openBundle(path);
    const unreadable = new BundleError("FILE_FAILED", "Cannot read the bundle at byte 7: EIO");
    const existing = { ...sound, openBlob: () => failing(unreadable) };
    const events: TransferEvent[] = [];

    const options = { ...(await optionsFor({ onEvent: (event) => events.push(event) })), existing };
    await exportBundle(planOf(IMAGES), path, options);

    await sound.close();
    expect(events).toContainEqual(expect.objectContaining({ kind: "warning", code: "FILE_FAILED" }));
    expect((await readFile(path)).equals(await bytesOf(planOf(IMAGES)))).toBe(true);
  });

  test("leaves out an image whose layer cannot be had: the bundle is that of the rest", async () => {
    const openSource = await openSourcesOf((descriptor) =>
      isLayer(REDIS, 2, descriptor) ? failing(unavailable) : undefined,
    );

    const report = await exportBundle(planOf(IMAGES), path, await optionsFor({ openSource }));

    expect(report).toMatchObject({
      images: 2,
      failed: [{ source: "docker.io/library/redis:7", code: "DENIED" }],
    });
    expect((await readFile(path)).equals(await bytesOf(planOf(IMAGES.slice(1))))).toBe(true);
    expect((await verifyBundle(path)).problems).toEqual([]);
  });

  test("leaves out an image whose config cannot be had", async () => {
    const openSource = await openSourcesOf((descriptor) =>
      isLayer(NGINX, 0, descriptor) ? failing(unavailable) : undefined,
    );

    const report = await exportBundle(planOf(IMAGES), path, await optionsFor({ openSource }));

    expect(report).toMatchObject({ images: 1, failed: [{ code: "DENIED" }, { code: "DENIED" }] });
    expect((await readFile(path)).equals(await bytesOf(planOf(IMAGES.slice(0, 1))))).toBe(true);
  });

  test("asks the next repository that has a blob", async () => {
    const openSource = await openSourcesOf((_descriptor, repository) =>
      repository === "library/nginx" ? failing(unavailable) : undefined,
    );

    const report = await exportBundle(planOf(IMAGES), path, await optionsFor({ openSource }));

    expect(report.failed).toEqual([]);
    expect((await readFile(path)).equals(await bytesOf(planOf(IMAGES)))).toBe(true);
  });

  test("writes nothing where every image failed", async () => {
    const openSource = await openSourcesOf(() => failing(unavailable));

    const report = await exportBundle(planOf(IMAGES), path, await optionsFor({ openSource }));

    expect(report).toMatchObject({ bundle: null, images: 0, size: 0, blobs: { count: 0 } });
    expect(report.failed).toHaveLength(3);
    expect(await readdir(directory)).toEqual(["cache"]);
  });

  test.each([
    ["fail fast", unavailable, { failFast: true }],
    ["a full disk", new BundleError("NO_SPACE", "Cannot write"), {}],
    ["a bug", new TypeError("bug"), {}],
  ])("row 103: stops at the first failure: %s", async (_what, error, options) => {
    const openSource = await openSourcesOf((descriptor) =>
      isLayer(REDIS, 2, descriptor) ? failing(error) : undefined,
    );

    await expect(
      exportBundle(planOf(IMAGES), path, await optionsFor({ openSource, ...options })),
    ).rejects.toBe(error);
    expect(await readdir(directory)).not.toContain("out.tar");
  });

  test("goes on where it was stopped", async () => {
    const controller = new AbortController();
    const openSource = await openSourcesOf((descriptor) => {
      if (isLayer(REDIS, 2, descriptor)) controller.abort(new Error("stopped"));
      return undefined;
    });

    const exported = exportBundle(
      planOf(IMAGES),
      path,
      await optionsFor({ openSource, signal: controller.signal }),
    );

    await expect(exported).rejects.toThrow("stopped");
    expect(await readdir(directory)).toEqual(["cache", "out.tar.partial", "out.tar.partial.journal"]);

    const report = await exportBundle(planOf(IMAGES), path, await optionsFor());

    expect(report.reused.count).toBeGreaterThan(0);
    expect(await readdir(directory)).toEqual(["cache", "out.tar"]);
    expect((await readFile(path)).equals(await bytesOf(planOf(IMAGES)))).toBe(true);
  });

  test("passes on what the plan lacks", async () => {
    const lost = {
      source: "r.io/lost:1",
      code: "MANIFEST_UNKNOWN",
      message: "Cannot find it",
      hint: "x",
    } as const;

    const report = await exportBundle({ ...planOf(IMAGES), failed: [lost] }, path, await optionsFor());

    expect(report.failed).toEqual([lost]);
  });
});
