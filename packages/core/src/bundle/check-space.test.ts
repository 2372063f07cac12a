import { mkdtemp, open, rm, stat, statfs } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { makeImage, planOf } from "../../../../test/support/images.ts";
import { contentOf } from "../content.ts";
import { createBundleFile } from "./bundle-file.ts";
import { checkSpace } from "./check-space.ts";
import { composeBundle } from "./compose-bundle.ts";

// A disk that is nearly full, which nothing else can make without being root.
vi.mock("node:fs/promises", async (importActual) => ({
  ...(await importActual<typeof import("node:fs/promises")>()),
  statfs: vi.fn<typeof statfs>(),
}));

const MIB = 1024 * 1024;
const FREE = 1.5 * MIB;
const LAYER = "layer".repeat(100_000);
const IMAGE = makeImage([LAYER]);
const EXT4 = 0xef53;
const FAT = 0x4d44;

let directory: string;
let path: string;
let partial: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "space-"));
  path = join(directory, "out.tar");
  partial = `${path}.partial`;
  haveFree(FREE);
});

afterEach(async () => {
  await rm(directory, { recursive: true });
});

/** What the file system says of itself. */
function haveFree(size: number, type: number = EXT4): void {
  const blocks = { blocks: size, bfree: size, bavail: size };
  vi.mocked(statfs).mockResolvedValue({ type, bsize: 1, frsize: 1, ...blocks, files: 1, ffree: 1 });
}

/** An earlier run's file: as large as this, of which so much has been written. */
async function leavePartial(size: number, written: number): Promise<void> {
  const handle = await open(partial, "w");
  await handle.writeFile(Buffer.alloc(written, "x"));
  await handle.truncate(size);
  // Some file systems give it room only then.
  await handle.sync();
  await handle.close();
}

test("row 103: checkSpace() asks for no room that an earlier run's bytes have already", async () => {
  await leavePartial(2 * MIB, 2 * MIB);

  const spare = await checkSpace(path, 3 * MIB, partial);

  // The file system may take some blocks more for a file than its bytes.
  expect(spare).toBeGreaterThanOrEqual(0.5 * MIB);
  expect(spare).toBeLessThan(0.6 * MIB);
});

test.each([
  ["there is no earlier run's file", 0, 0],
  ["holes of an earlier run's file have no room yet", 3 * MIB, 0.5 * MIB],
])("row 103: checkSpace() asks for all of it where %s", async (_what, size, written) => {
  if (size > 0) await leavePartial(size, written);

  await expect(checkSpace(path, 3 * MIB, partial)).rejects.toMatchObject({
    code: "NO_SPACE",
    message: expect.stringMatching(/: it needs \d+ bytes more and 1572864 are free$/),
  });
});

test("row 103: createBundleFile() goes on where there is room for the rest, and not where there is less", async () => {
  const { images, manifests } = planOf([["redis:7", IMAGE]]);
  const bundle = composeBundle(images, manifests, { createdBy: "test" });
  const [layer] = bundle.layers;
  if (layer === undefined) throw new RangeError("there is no layer");
  haveFree(bundle.size);
  const begun = await createBundleFile(path, bundle);
  const sink = await begun.openLayer(layer);
  await sink.append(contentOf(Buffer.from(LAYER)), "r.io");
  await begun.close();
  const rest = bundle.size - (await stat(partial)).blocks * 512;

  haveFree(rest);
  await (await createBundleFile(path, bundle)).close();
  haveFree(rest - 1);

  await expect(createBundleFile(path, bundle)).rejects.toMatchObject({ code: "NO_SPACE" });
  expect(rest).toBeLessThan(bundle.size);
});

test("row 103: checkSpace() gives no file more than FAT takes", async () => {
  haveFree(16 * 2 ** 30, FAT);

  const spare = await checkSpace(path, 2 ** 32 - 1 - 100, partial);

  expect(spare).toBe(100);
  await expect(checkSpace(path, 2 ** 32, partial)).rejects.toMatchObject({
    code: "NO_SPACE",
    message: expect.stringContaining("it needs 4294967296 bytes and FAT takes 4294967295 a file"),
  });
});
