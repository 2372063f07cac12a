import { mkdirSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import {
  type NamedImages,
  openFilledCache,
  openSources,
  type ReplaceBlob,
} from "../../../../test/support/bundles.ts";
import { makeBlob, makeImage, makeManifest, planOf } from "../../../../test/support/images.ts";
import { openExistingBundle } from "../bundle/open-existing.ts";
import { verifyBundle } from "../bundle/verify-bundle.ts";
import { BundleError } from "../error.ts";
import type { TransferEvent } from "../events.ts";
import { MEDIA_TYPES } from "../media-types.ts";
import type { FailedImage } from "../plan/plan.ts";
import { exportBundle } from "./export-bundle.ts";
import type { ExportReport } from "./export-report.ts";

let directory: string;
let path: string;
/** Blobs that were opened at a source. */
let opened: string[];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "export-rest-"));
  path = join(directory, "out.tar");
});

afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

const REDIS = makeImage(["base".repeat(9000), "redis"]);
const BIG = makeImage(["big".repeat(9000), "late".repeat(1000)]);
const MORE: NamedImages = [
  ["redis:7", REDIS],
  ["big:1", BIG],
];

/** What is different in an export. */
interface Circumstances {
  /** Images that the plan lacks. */
  readonly failed?: readonly FailedImage[];
  readonly onEvent?: (event: TransferEvent) => void;
}

/** Exports these images over what is there. */
async function exportAgain(
  images: NamedImages,
  replace?: ReplaceBlob,
  circumstances: Circumstances = {},
): Promise<{ readonly report: ExportReport; readonly warnings: readonly string[] }> {
  const { failed = [] } = circumstances;
  const cache = await openFilledCache(join(directory, "cache"), [...MORE, ...images]);
  const existing = await openExistingBundle(path);
  const warnings: string[] = [];
  opened = [];
  const onEvent = (event: TransferEvent): void => {
    circumstances.onEvent?.(event);
    if (event.kind === "warning") warnings.push(event.code);
  };
  try {
    const openSource = await openSources([...MORE, ...images], opened, replace);
    const options = { openSource, cache, heading: { createdBy: "test" }, jobs: 2, onEvent, existing };
    const report = await exportBundle({ ...planOf(images), failed }, path, options);
    return { report, warnings };
  } finally {
    await existing?.close();
  }
}

const UNFINISHED = ["out.tar.partial", "out.tar.partial.journal"];

async function* failing(): AsyncGenerator<Uint8Array> {
  yield Buffer.from("la");
  throw new BundleError("DENIED", "Cannot fetch it");
}

const withoutLate: ReplaceBlob = ({ digest }) =>
  digest === BIG.blobs[2]?.descriptor.digest ? failing() : undefined;

test("exportBundle() keeps what has arrived of an image that failed for the next run", async () => {
  const first = await exportAgain(MORE, withoutLate);
  expect(first.report).toMatchObject({ images: 1, failed: [{ code: "DENIED" }] });
  expect(first.warnings).toEqual([]);
  expect((await verifyBundle(path)).problems).toEqual([]);
  expect(await readdir(directory)).toEqual(["cache", "out.tar", ...UNFINISHED]);

  const second = await exportAgain(MORE);

  expect(opened.map((request) => request.split(" ")[1])).toEqual([BIG.blobs[2]?.descriptor.digest]);
  expect(second).toMatchObject({ report: { images: 2, failed: [] }, warnings: [] });
  expect((await verifyBundle(path)).problems).toEqual([]);
  expect(await readdir(directory)).toEqual(["cache", "out.tar"]);
});

test("exportBundle() keeps of a layer that has come in part what was not noted yet, too", async () => {
  await exportAgain(MORE, withoutLate);

  const { report } = await exportAgain(MORE);

  // Its first two bytes had come.
  const late = BIG.blobs[2]?.descriptor.size ?? 0;
  expect(report.downloaded).toEqual({ count: 1, size: late - 2 });
});

test("exportBundle() keeps what was put aside where the bundle cannot get its name", async () => {
  const inTheWay = (event: TransferEvent): void => {
    if (event.kind === "phase" && event.phase === "write")
      mkdirSync(join(path, "inside"), { recursive: true });
  };

  await expect(exportAgain(MORE, withoutLate, { onEvent: inTheWay })).rejects.toMatchObject({
    code: "FILE_FAILED",
    message: expect.stringContaining(`${path}"`),
  });
  await rm(path, { recursive: true });

  const { warnings } = await exportAgain(MORE);
  expect(opened.map((request) => request.split(" ")[1])).toEqual([BIG.blobs[2]?.descriptor.digest]);
  expect(warnings).toEqual([]);
  expect(await readdir(directory)).toEqual(["cache", "out.tar"]);
});

test("exportBundle() goes on where a config of an image that failed is a layer of another one", async () => {
  const empty = makeBlob("{}", "application/vnd.oci.empty.v1+json");
  const artifact = makeManifest(makeBlob('{"a":1}', "application/vnd.example.config"), [empty]);
  const image = makeManifest(empty, [makeBlob("late", MEDIA_TYPES.ociLayerGzip)]);
  const images: NamedImages = [
    ["artifact:1", artifact],
    ["image:1", image],
  ];
  const replace: ReplaceBlob = ({ digest }) =>
    digest === image.blobs[1]?.descriptor.digest ? failing() : undefined;
  const stop = (event: TransferEvent): void => {
    if (event.kind === "phase" && event.phase === "write") throw new RangeError("killed");
  };

  await expect(exportAgain(images, replace, { onEvent: stop })).rejects.toThrow("killed");
  const { report } = await exportAgain(images, replace);

  expect(report).toMatchObject({ images: 1, failed: [{ code: "DENIED" }] });
  expect((await verifyBundle(path)).problems).toEqual([]);
});

test("exportBundle() writes the bundle of the rest where what has arrived of others cannot be kept, and tells it", async () => {
  await symlink("nowhere", `${path}.partial.rest`);

  const { report, warnings } = await exportAgain(MORE, withoutLate);

  expect(report).toMatchObject({ images: 1, failed: [{ code: "DENIED" }] });
  expect(warnings).toEqual(["PARTIAL_DROPPED"]);
  expect((await verifyBundle(path)).problems).toEqual([]);
});

test("exportBundle() tells why it failed, also where the unfinished file cannot be removed then", async () => {
  const bug = new TypeError("bug");
  async function* losing(): AsyncGenerator<Uint8Array> {
    yield Buffer.from("ba");
    // A directory cannot be removed as a file is.
    await rm(`${path}.partial`);
    await mkdir(`${path}.partial`);
    throw bug;
  }
  const [, base, top] = REDIS.blobs.map(({ descriptor }) => descriptor.digest);
  const withoutLayers: ReplaceBlob = ({ digest }) => {
    if (digest === base) return losing();
    return digest === top ? failing() : undefined;
  };

  await expect(exportAgain(MORE.slice(0, 1), withoutLayers)).rejects.toBe(bug);
});

test("exportBundle() drops and tells what no image of a whole bundle needs", async () => {
  await exportAgain(MORE, withoutLate);
  await rm(path);

  const { warnings } = await exportAgain(MORE.slice(0, 1));

  expect(warnings).toEqual(["PARTIAL_DROPPED"]);
  expect(await readdir(directory)).toEqual(["cache", "out.tar"]);
});

test("exportBundle() leaves no unfinished file beside the planned bundle that is there, unless an image failed", async () => {
  await exportAgain(MORE, withoutLate);
  const lost = { source: "r.io/lost:1", code: "UNAVAILABLE", message: "Cannot ask", hint: "x" } as const;
  await exportAgain(MORE.slice(0, 1), undefined, { failed: [lost] });
  expect(await readdir(directory)).toEqual(["cache", "out.tar", ...UNFINISHED]);

  const { report, warnings } = await exportAgain(MORE.slice(0, 1));

  expect(report.isWritten).toBe(false);
  expect(warnings).toEqual(["PARTIAL_DROPPED"]);
  expect(await readdir(directory)).toEqual(["cache", "out.tar"]);
});
