import { createHash, type Hash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { setImmediate } from "node:timers/promises";
import {
  contentOf,
  createMemoryStore,
  type Descriptor,
  digestOf,
  MEDIA_TYPES,
  type Store,
} from "@airgap-bundle/core";
import { afterEach, beforeEach, expect, test } from "vitest";
import { seededBytes } from "./fleet/seeded-bytes.ts";
import { alterStore } from "./support/alter-store.ts";
import { openSite, type Site } from "./support/site.ts";
import { openTestRegistry, type TestRegistry } from "./support/test-registry.ts";

const MIB = 1024 * 1024;

/** As many as are on their way at once, of 1.5 GiB together; they are made while they are sent. */
const LAYERS = 6;
const LAYER_SIZE = 256 * MIB;
const CHUNK = seededBytes("chunk", MIB);
const DESCRIPTORS = Array.from({ length: LAYERS }, (_, nth) => describeLayer(nth));

/** Of the whole process, node itself and all modules included. */
const MAX_MEMORY = 250 * MIB;

const TIMEOUT_MS = 240_000;

/**
 * Loaded before `bundle`: writes the largest memory that was seen to a file. What the system reports as maximum
 * would not do, since on Linux a new process begins with its parent's.
 */
const WATCH_MEMORY = `
import { writeFileSync } from "node:fs";
let peak = 0;
const look = () => { peak = Math.max(peak, process.memoryUsage.rss()); };
setInterval(look, 10).unref();
process.on("exit", () => { look(); writeFileSync(process.env.MEMORY_FILE, String(peak)); });
`;

/** What the target got: size by digest, the manifest with its tag at the end. */
const received = new Map<string, number>();

/** How many of them the source sent and the target got at the same time. */
const sending = createGauge();
const receiving = createGauge();

let site: Site;
let source: TestRegistry;
let target: TestRegistry;

beforeEach(async () => {
  site = await openSite();
  source = await openTestRegistry({ store: createLargeImage() });
  received.clear();
  target = await openTestRegistry({ store: createSink() });
});

afterEach(async () => {
  await Promise.all([source.close(), target.close()]);
  await site.close();
});

test("row 118: neither export nor import needs memory for six layers at once, of 1.5 GiB together", {
  timeout: TIMEOUT_MS,
}, async () => {
  const mappings = [{ from: "lib/large", tags: ["1.0"] }];
  await site.select("selection.yaml", { registry: source.host, mappings });

  const exportPeak = await runWatched("export", "-c", "selection.yaml", "-o", "out.tar");
  const importPeak = await runWatched("import", "out.tar", "--to", target.host);

  expect(exportPeak).toBeLessThan(MAX_MEMORY);
  expect(importPeak).toBeLessThan(MAX_MEMORY);
  expect([sending.most(), receiving.most()]).toEqual([LAYERS, LAYERS]);
  for (const { digest } of DESCRIPTORS) expect(received.get(digest)).toBe(LAYER_SIZE);
  expect([...received.keys()].at(-1)).toBe("1.0");
});

/** Runs `bundle` and resolves to the most memory that it had, in bytes. */
async function runWatched(...args: readonly string[]): Promise<number> {
  const run = await site.run(args, {
    env: { MEMORY_FILE: site.path("memory") },
    nodeOptions: ["--import", `data:text/javascript,${encodeURIComponent(WATCH_MEMORY)}`],
  });
  expect(run).toMatchObject({ exitCode: 0 });
  const peak = Number(await readFile(site.path("memory"), "utf8"));
  expect(peak).toBeGreaterThan(10 * MIB);
  return peak;
}

/** A registry with one image, whose layers are nowhere but on the line. */
function createLargeImage(): Store {
  const config = Buffer.from(JSON.stringify({ os: "linux", architecture: "amd64" }));
  const configDescriptor = toDescriptor(MEDIA_TYPES.ociConfig, config);
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: MEDIA_TYPES.ociManifest,
      config: configDescriptor,
      layers: DESCRIPTORS,
    }),
  );
  const root = toDescriptor(MEDIA_TYPES.ociManifest, manifest);
  const blobs = new Map(
    [...DESCRIPTORS, configDescriptor].map((descriptor) => [descriptor.digest, descriptor]),
  );
  return alterStore(createMemoryStore(), () => ({
    resolve: async (reference) => (["1.0", root.digest].includes(reference) ? root : undefined),
    readManifest: async () => manifest,
    statBlob: async (digest) => blobs.get(digest),
    openBlob: ({ digest }) => (digest === configDescriptor.digest ? contentOf(config) : sendLayer(digest)),
  }));
}

function toDescriptor(mediaType: string, content: Uint8Array): Descriptor {
  return { mediaType, digest: digestOf(content), size: content.length };
}

async function* sendLayer(digest: string): AsyncGenerator<Uint8Array> {
  sending.begin();
  for (const chunk of chunksOf(DESCRIPTORS.findIndex((descriptor) => descriptor.digest === digest))) {
    // As from a disk: the others have their turn.
    await setImmediate();
    yield chunk;
  }
  sending.end();
}

/** A registry that hashes what is pushed and keeps nothing of it. */
function createSink(): Store {
  const uploads = new Map<string, { readonly hash: Hash; size: number }>();
  const uploadOf = (id: string): { readonly hash: Hash; size: number } => {
    const upload = uploads.get(id);
    if (upload === undefined) throw new RangeError(`Cannot find upload ${id}`);
    return upload;
  };
  return alterStore(createMemoryStore(), () => ({
    async startUpload() {
      const id = `${uploads.size}`;
      uploads.set(id, { hash: createHash("sha256"), size: 0 });
      return id;
    },
    statUpload: async (id) => uploadOf(id),
    async appendUpload(id, content) {
      const upload = uploadOf(id);
      receiving.begin();
      for await (const chunk of content) {
        upload.hash.update(chunk);
        upload.size += chunk.length;
      }
      receiving.end();
      return upload.size;
    },
    async finishUpload(id) {
      const { hash, size } = uploadOf(id);
      received.set(`sha256:${hash.digest("hex")}`, size);
    },
    async putManifest(descriptor, _content, { tag = "" } = {}) {
      received.set(tag, descriptor.size);
    },
  }));
}

/** Two layers differ in their first byte. */
function* chunksOf(nth: number): Generator<Uint8Array> {
  yield Buffer.concat([Buffer.of(nth), CHUNK.subarray(1)]);
  for (let size = MIB; size < LAYER_SIZE; size += MIB) yield CHUNK;
}

function describeLayer(nth: number): Descriptor {
  const hash = createHash("sha256");
  for (const chunk of chunksOf(nth)) hash.update(chunk);
  return {
    mediaType: MEDIA_TYPES.octetStream,
    digest: `sha256:${hash.digest("hex")}`,
    size: LAYER_SIZE,
  };
}

interface Gauge {
  readonly begin: () => void;
  readonly end: () => void;
  readonly most: () => number;
}

/** Counts what goes on at once. */
function createGauge(): Gauge {
  let now = 0;
  let most = 0;
  return {
    begin() {
      now += 1;
      most = Math.max(most, now);
    },
    end() {
      now -= 1;
    },
    most: () => most,
  };
}
