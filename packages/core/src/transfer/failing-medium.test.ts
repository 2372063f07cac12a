import { type FileHandle, mkdtemp, open, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type NamedImages, openFilledCache, openSources } from "../../../../test/support/bundles.ts";
import { makeImage, planOf } from "../../../../test/support/images.ts";
import type { TransferEvent } from "../events.ts";
import { exportBundle } from "./export-bundle.ts";

const SHARED = "base".repeat(9000);
const IMAGES: NamedImages = [
  ["redis:7", makeImage([SHARED, "redis"])],
  ["nginx:1", makeImage([SHARED, "nginx"])],
];
const CONFIGS = IMAGES.map(([, { blobs }]) => blobs[0]?.descriptor.digest);

let directory: string;
let path: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "medium-"));
  path = join(directory, "out.tar");
});

afterEach(async () => {
  vi.restoreAllMocks();
  await rm(directory, { recursive: true });
});

/** What every open file has in common. */
async function commonOfFiles(): Promise<FileHandle> {
  const handle = await open(path, "w");
  await handle.close();
  await rm(path);
  const common: FileHandle = Object.getPrototypeOf(handle);
  return common;
}

test.each([
  ["EIO", "the medium cannot be read or written (EIO)"],
  ["EROFS", "the file system is read-only"],
  ["EACCES", "permission is refused (EACCES)"],
])(
  "row 104: an export whose file fails with %s stops, names it and fetches nothing again",
  async (code, reason) => {
    const files = await commonOfFiles();
    const failure = Object.assign(new Error(`${code}: write`), { code, syscall: "write" });
    const opened: string[] = [];
    const events: TransferEvent[] = [];
    const openSource = await openSources(IMAGES, opened, ({ digest }) => {
      if (!CONFIGS.includes(digest)) vi.spyOn(files, "write").mockRejectedValue(failure);
      return undefined;
    });
    const cache = await openFilledCache(join(directory, "cache"), IMAGES);
    const heading = { createdBy: "test" };
    const onEvent = (event: TransferEvent): void => void events.push(event);

    const ended = exportBundle(planOf(IMAGES), path, { openSource, cache, heading, jobs: 1, onEvent });

    await expect(ended).rejects.toMatchObject({
      code: "FILE_FAILED",
      message: `Cannot use "${path}.partial": ${reason}`,
    });
    expect(opened).toHaveLength(CONFIGS.length + 1);
    expect(events.filter(({ kind }) => kind === "retry")).toEqual([]);
    expect(await readdir(directory)).toEqual(["cache"]);
  },
);
