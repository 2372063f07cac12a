import { mkdtemp, open, readdir, readFile, rm, truncate } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { contentsOf, type MadeManifest, makeImage, planOf } from "../../../../test/support/images.ts";
import { contentOf } from "../content.ts";
import type { TransferEvent } from "../events.ts";
import { type BundleFile, createBundleFile } from "./bundle-file.ts";
import { type ComposedBundle, composeBundle, type PlacedBlob } from "./compose-bundle.ts";
import { openPartialFile } from "./partial-file.ts";

const MIB = 1024 * 1024;
const REDIS = makeImage(["base".repeat(MIB), "redis".repeat(MIB / 2)]);
const NGINX = makeImage(["base".repeat(MIB), "nginx".repeat(MIB / 2)]);
const SMALL = makeImage(["small"]);
const CONTENTS = contentsOf([REDIS, NGINX, SMALL]);

let directory: string;
let path: string;
let file: BundleFile | undefined;

beforeEach(async () => {
  // However fast the machine is: notes are made a few times a second.
  let now = 0;
  vi.spyOn(performance, "now").mockImplementation(() => (now += 100));
  directory = await mkdtemp(join(tmpdir(), "partial-"));
  path = join(directory, "out.tar");
  file = undefined;
});

afterEach(async () => {
  vi.restoreAllMocks();
  await file?.close();
  await rm(directory, { recursive: true, force: true });
});

function compose(...images: readonly (readonly [string, MadeManifest])[]): ComposedBundle {
  const plan = planOf(images);
  return composeBundle(plan.images, plan.manifests, { createdBy: "test" });
}

function contentOfLayer({ descriptor }: PlacedBlob): Buffer {
  return CONTENTS.get(descriptor.digest) ?? Buffer.alloc(0);
}

/** Without the configs, which are large enough here to be layers. */
function dataLayers(bundle: ComposedBundle): readonly PlacedBlob[] {
  return bundle.layers.filter((layer) => contentOfLayer(layer)[0] !== 0x7b);
}

async function* piecesOf(content: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < content.length; start += 100_000)
    yield* contentOf(content.subarray(start, start + 100_000));
}

/** Brings the layers as far as `share` of each says, and stops as a run does that is interrupted. */
async function beginExport(bundle: ComposedBundle, share: number): Promise<void> {
  const begun = await createBundleFile(path, bundle);
  for (const layer of bundle.layers) {
    const content = contentOfLayer(layer);
    const sink = await begun.openLayer(layer);
    await sink.append(
      piecesOf(content.subarray(sink.position(), Math.floor(content.length * share))),
      "r.io",
    );
  }
  await begun.close();
}

/** Bytes that are still there, by the content's first letters. */
async function kept(bundle: ComposedBundle): Promise<Record<string, number>> {
  file = await createBundleFile(path, bundle);
  const sizes: Record<string, number> = {};
  for (const layer of dataLayers(bundle))
    sizes[contentOfLayer(layer).subarray(0, 5).toString()] = (await file.openLayer(layer)).position();
  return sizes;
}

async function finish(bundle: ComposedBundle): Promise<Buffer> {
  file ??= await createBundleFile(path, bundle);
  for (const layer of bundle.layers) {
    const sink = await file.openLayer(layer);
    await sink.append(contentOf(contentOfLayer(layer).subarray(sink.position())), "r.io");
    await sink.finish("r.io");
  }
  await file.finish(
    bundle,
    async ({ digest }) => await Promise.resolve(CONTENTS.get(digest) ?? Buffer.alloc(0)),
  );
  return await readFile(path);
}

test("a layer goes on where it was stopped", async () => {
  const bundle = compose(["redis:7", REDIS]);
  await beginExport(bundle, 0.7);

  const sizes = await kept(bundle);

  expect(sizes).toEqual({ baseb: Math.floor(0.7 * 4 * MIB), redis: Math.floor(0.7 * 2.5 * MIB) });
});

test("what was gone on with gives the same bytes", async () => {
  const bundle = compose(["redis:7", REDIS], ["nginx:1", NGINX]);
  const whole = await finish(bundle);
  await rm(path);
  file = undefined;
  await beginExport(bundle, 0.6);

  expect((await finish(bundle)).equals(whole)).toBe(true);
  expect(await readdir(directory)).toEqual(["out.tar"]);
});

test.each([
  [
    "an image has come before it",
    [
      ["a:1", SMALL],
      ["nginx:1", NGINX],
      ["redis:7", REDIS],
    ],
    { baseb: 2, redis: 1 },
  ],
  ["an image has gone", [["nginx:1", NGINX]], { baseb: 2 }],
  [
    "the order has changed",
    [
      ["z:1", REDIS],
      ["a:1", NGINX],
    ],
    { baseb: 2, redis: 1 },
  ],
] as const)("what is still wanted is kept where %s", async (_what, images, expected) => {
  await beginExport(compose(["redis:7", REDIS]), 0.7);

  const sizes = await kept(compose(...images));

  for (const [name, size] of Object.entries(expected)) expect(sizes[name]).toBeGreaterThan(size * MIB * 0.9);
});

test("row 105: bytes that are not what was noted are not kept", async () => {
  const bundle = compose(["redis:7", REDIS]);
  await beginExport(bundle, 1);
  const [first] = dataLayers(bundle);
  const handle = await open(`${path}.partial`, "r+");
  await handle.write(Buffer.from("X"), 0, 1, (first?.offset ?? 0) + 2.5 * MIB);
  await handle.close();

  const sizes = await kept(bundle);

  expect(sizes["baseb"]).toBeGreaterThan(1.8 * MIB);
  expect(sizes["baseb"]).toBeLessThan(2.6 * MIB);
  expect(sizes["redis"]).toBe(2.5 * MIB);
});

test("what a plan lacks is kept for the next one, wherever it lies", async () => {
  const both = compose(["a:1", SMALL], ["redis:7", REDIS], ["z:1", NGINX]);
  await beginExport(both, 1);

  await beginExport(compose(["a:1", SMALL]), 1);
  await beginExport(compose(["z:1", NGINX]), 0);

  expect(await kept(both)).toEqual({ small: 5, baseb: 4 * MIB, redis: 2.5 * MIB, nginx: 2.5 * MIB });
});

test("row 103: what a plan lacks and there is no room for is dropped and told", async () => {
  const both = compose(["redis:7", REDIS], ["z:1", NGINX]);
  await beginExport(both, 1);
  const events: TransferEvent[] = [];

  const { handle, journal } = await openPartialFile(`${path}.partial`, compose(["redis:7", REDIS]), {
    spare: 2 * MIB,
    onEvent: (event) => events.push(event),
  });

  await journal.close();
  await handle.close();
  // Its config, which is a layer here, and its own layer.
  const lost = (NGINX.blobs[0]?.descriptor.size ?? 0) + 2.5 * MIB;
  expect(events.filter(({ kind }) => kind === "warning")).toEqual([
    {
      kind: "warning",
      code: "PARTIAL_DROPPED",
      message: `${lost} bytes of layers that had been fetched are dropped: there is no room for them`,
    },
  ]);
  expect(await kept(both)).toEqual({ baseb: 4 * MIB, redis: 2.5 * MIB, nginx: 0 });
});

test("a change of plan tells what it moves, and can be stopped without a loss", async () => {
  const before = compose(["redis:7", REDIS]);
  const after = compose(["a:1", SMALL], ["nginx:1", NGINX], ["redis:7", REDIS]);
  await beginExport(before, 1);
  const controller = new AbortController();
  const events: TransferEvent[] = [];
  const onEvent = (event: TransferEvent): void => {
    events.push(event);
    if (event.kind === "blob-progress") controller.abort(new Error("stopped"));
  };

  const stopped = createBundleFile(path, after, { signal: controller.signal, onEvent });

  await expect(stopped).rejects.toThrow("stopped");
  expect(events[0]).toEqual({ kind: "phase", phase: "move", size: expect.any(Number) });
  expect(await kept(after)).toMatchObject({ baseb: 4 * MIB, redis: 2.5 * MIB });
});

test("a file that has become shorter is told, and kept as far as it goes", async () => {
  const bundle = compose(["redis:7", REDIS]);
  await beginExport(bundle, 1);
  const [first] = dataLayers(bundle);
  await truncate(`${path}.partial`, (first?.offset ?? 0) + 2.5 * MIB);
  const events: TransferEvent[] = [];

  file = await createBundleFile(path, bundle, { onEvent: (event) => events.push(event) });

  const codes = events.flatMap((event) => (event.kind === "warning" ? [event.code] : []));
  expect(codes).toEqual(["PARTIAL_DROPPED"]);
  await file.close();
  expect((await kept(bundle))["baseb"]).toBeGreaterThan(1.4 * MIB);
});

test("row 105: what is not kept of a layer is told, and what is kept is told while it is read", async () => {
  const bundle = compose(["redis:7", REDIS]);
  await beginExport(bundle, 1);
  const [layer] = dataLayers(bundle);
  if (layer === undefined) throw new RangeError("there is no layer");
  const handle = await open(`${path}.partial`, "r+");
  await handle.write(Buffer.from("X"), 0, 1, layer.offset + 2.5 * MIB);
  await handle.close();
  const events: TransferEvent[] = [];
  file = await createBundleFile(path, bundle);

  const sink = await file.openLayer(layer, { onEvent: (event) => events.push(event) });

  const moved = events.flatMap((event) => (event.kind === "blob-progress" ? [event.size] : []));
  expect(moved.length).toBeGreaterThan(2);
  expect(moved.reduce((sum, size) => sum + size)).toBe(sink.position());
  expect(events.at(-1)).toMatchObject({
    kind: "warning",
    code: "PARTIAL_DROPPED",
    message: expect.stringContaining(`${layer.size - sink.position()} bytes`),
  });
});

test("row 106: the check of what is there ends when it is stopped", async () => {
  const bundle = compose(["redis:7", REDIS]);
  await beginExport(bundle, 1);
  const [layer] = dataLayers(bundle);
  if (layer === undefined) throw new RangeError("there is no layer");
  const controller = new AbortController();
  let size = 0;
  file = await createBundleFile(path, bundle);

  const opened = file.openLayer(layer, {
    signal: controller.signal,
    onEvent: (event) => {
      if (event.kind === "blob-progress") size += event.size;
      controller.abort(new Error("stopped"));
    },
  });

  await expect(opened).rejects.toThrow("stopped");
  expect(size).toBeLessThan(layer.size);
});

test("a journal without its file is of no use, and in nobody's way", async () => {
  const bundle = compose(["redis:7", REDIS]);
  await beginExport(bundle, 1);
  await rm(`${path}.partial`);
  expect(await kept(compose(["a:1", SMALL], ["redis:7", REDIS]))).toMatchObject({ baseb: 0, redis: 0 });
  await file?.close();

  expect(await kept(bundle)).toEqual({ baseb: 0, redis: 0 });
});

test("row 105: a run that dies while it moves a layer over itself keeps as far as that has come", async () => {
  const before = compose(["a:1", SMALL], ["redis:7", REDIS]);
  const after = compose(["redis:7", REDIS]);
  await beginExport(before, 1);
  const [moved] = dataLayers(after);
  let size = 0;
  const onEvent = (event: TransferEvent): void => {
    if (event.kind !== "blob-progress" || event.digest !== moved?.descriptor.digest) return;
    size += event.size;
    // As a process does that is killed: what is done then is not done.
    if (size > 3 * MIB) throw new RangeError("killed");
  };

  await expect(createBundleFile(path, after, { onEvent })).rejects.toThrow("killed");

  expect((await kept(after))["baseb"]).toBeGreaterThan(2 * MIB);
});
