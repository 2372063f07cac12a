import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  createRegistries,
  type MemoryRegistries,
  type NamedImages,
  writeBundle,
} from "../../../../test/support/bundles.ts";
import { type MadeManifest, makeImage, makeIndex, putManifest } from "../../../../test/support/images.ts";
import { type OpenedBundle, openBundle } from "../bundle/open-bundle.ts";
import { BundleError } from "../error.ts";
import type { TransferEvent } from "../events.ts";
import type { Registry, Repository } from "../repository.ts";
import { importBundle } from "./import-bundle.ts";
import type { ImportOptions } from "./import-options.ts";
import { type PlannedImport, planImport } from "./plan-import.ts";

const REDIS = makeImage(["base".repeat(9000), "redis"]);
const ARM64 = makeImage(["redis for arm"], "linux/arm64");
const INNER = makeIndex([ARM64]);
const INDEX = makeIndex([REDIS, INNER]);
const NGINX = makeImage(["base".repeat(9000), "nginx"]);
const IMAGES: NamedImages = [
  ["r.io/redis:7", INDEX],
  ["r.io/nginx:1", NGINX],
];
const BASE = REDIS.blobs[1]?.descriptor.digest ?? "";

let directory: string;
let bundle: OpenedBundle;
let registries: MemoryRegistries;
/** `METHOD REPOSITORY DIGEST` of every call that writes, in order of completion. */
let calls: string[];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "import-"));
  await writeBundle(join(directory, "out.tar"), IMAGES);
});

afterAll(async () => {
  await rm(directory, { recursive: true, force: true });
});

beforeEach(async () => {
  calls = [];
  registries = await createRegistries();
  bundle = await openBundle(join(directory, "out.tar"));
});

afterEach(async () => {
  await bundle.close();
});

/** The registries' repositories with every call that writes written down. */
function record(
  registry: Registry,
  change: (repository: Repository, name: string) => Partial<Repository>,
): Registry {
  return {
    name: registry.name,
    openRepository(name) {
      const held = registry.openRepository(name);
      const repository = { ...held, ...change(held, name) };
      return {
        ...repository,
        async putBlob(descriptor, open, options) {
          const arrival = await repository.putBlob(descriptor, open, options);
          calls.push(`${arrival} ${name} ${descriptor.digest}`);
          return arrival;
        },
        async putManifest(descriptor, content, options = {}) {
          await repository.putManifest(descriptor, content, options);
          calls.push(
            `putManifest ${name} ${descriptor.digest}${options.tag === undefined ? "" : ` ${options.tag}`}`,
          );
        },
      };
    },
  };
}

async function run(
  options: Partial<ImportOptions> = {},
  change: (repository: Repository, name: string) => Partial<Repository> = () => ({}),
): ReturnType<typeof importBundle> {
  const openRepository: ImportOptions["openRepository"] = ({ target }) =>
    record(registries.open(target.registry), change).openRepository(target.repository);
  return await importBundle(bundle, planImport(bundle.document), { openRepository, jobs: 3, ...options });
}

function repositoryOf(repository: string): Repository {
  return registries.openRepository({ registry: "registry.internal", repository });
}

describe("importBundle()", () => {
  test("pushes every image, readable by its tag", async () => {
    const report = await run();

    expect(report.images).toMatchObject([
      {
        source: "r.io/nginx:1",
        target: "registry.internal/nginx:1",
        digest: NGINX.descriptor.digest,
        status: "pushed",
      },
      {
        source: "r.io/redis:7",
        target: "registry.internal/redis:7",
        digest: INDEX.descriptor.digest,
        status: "pushed",
      },
    ]);
    expect(await repositoryOf("redis").resolve("7")).toEqual(INDEX.descriptor);
    expect(await repositoryOf("redis").resolve(ARM64.descriptor.digest)).toEqual(ARM64.descriptor);
    expect(await repositoryOf("nginx").resolve("1")).toEqual(NGINX.descriptor);
  });

  test("pushes children before what names them, blobs before all, and the tag last", async () => {
    await run();

    expect(calls.filter((call) => call.startsWith("putManifest redis "))).toEqual([
      `putManifest redis ${REDIS.descriptor.digest}`,
      `putManifest redis ${ARM64.descriptor.digest}`,
      `putManifest redis ${INNER.descriptor.digest}`,
      `putManifest redis ${INDEX.descriptor.digest} 7`,
    ]);
    const inRedis = calls.filter((call) => call.split(" ")[1] === "redis");
    const lastBlob = inRedis.findLastIndex((call) => /^(?:uploaded|mounted)/.test(call));
    expect(lastBlob).toBeLessThan(inRedis.findIndex((call) => call.startsWith("putManifest")));
  });

  test("sends a blob once and mounts it into the second repository", async () => {
    const report = await run();

    const moved = calls.filter((call) => call.includes(BASE));
    expect(moved).toEqual([`uploaded nginx ${BASE}`, `mounted redis ${BASE}`]);
    expect(report.blobs).toEqual({ uploaded: 7, mounted: 1, existing: 0 });
    const sizes = [...INDEX.children, ARM64, NGINX].flatMap(({ blobs }) =>
      blobs.map(({ descriptor }) => descriptor),
    );
    const once = new Map(sizes.map(({ digest, size }) => [digest, size]));
    expect(report.uploadedSize).toBe([...once.values()].reduce((sum, size) => sum + size, 0));
  });

  test("sends a blob again where the registry mounts nothing", async () => {
    const report = await run({}, ({ putBlob }) => ({
      putBlob: async (descriptor, open) => await putBlob(descriptor, open),
    }));

    expect(calls).toContain(`uploaded redis ${BASE}`);
    expect(report.blobs).toEqual({ uploaded: 8, mounted: 0, existing: 0 });
  });

  test("does not send what is there", async () => {
    await putManifest(repositoryOf("redis"), REDIS);

    const report = await run();

    expect(report.blobs.existing).toBe(REDIS.blobs.length);
    expect(calls).not.toContain(`uploaded redis ${BASE}`);
  });

  test("changes nothing where every image is there already", async () => {
    await run();
    calls = [];

    const report = await run();

    expect(report.images.map(({ status }) => status)).toEqual(["unchanged", "unchanged"]);
    expect(calls).toEqual([]);
    expect(report).toMatchObject({ blobs: { uploaded: 0, mounted: 0, existing: 0 }, uploadedSize: 0 });
  });

  test("tells what a tag stood for before", async () => {
    await putManifest(repositoryOf("redis"), NGINX, "7");

    const { images } = await run();

    expect(images[1]).toMatchObject({ status: "pushed", previousDigest: NGINX.descriptor.digest });
    expect(images[0]).not.toHaveProperty("previousDigest");
    expect(await repositoryOf("redis").resolve("7")).toEqual(INDEX.descriptor);
  });

  test("writes nothing in a dry run, and tells what it would do", async () => {
    await putManifest(repositoryOf("redis"), NGINX, "7");
    await putManifest(repositoryOf("nginx"), NGINX, "1");

    const { images } = await run({ isDryRun: true });

    expect(images).toMatchObject([
      { status: "unchanged" },
      { status: "planned", previousDigest: NGINX.descriptor.digest },
    ]);
    expect(calls).toEqual([]);
  });

  const denied = new BundleError("DENIED", "Cannot push", { hint: "Ask for the right" });
  const refuse = async (): Promise<never> => await Promise.reject(denied);
  test.each([
    ["looking for it", { resolve: refuse }],
    ["looking for a blob", { statBlob: refuse }],
    ["sending a blob", { putBlob: refuse }],
    ["pushing a manifest", { putManifest: refuse }],
  ] as const)("goes on with other images where one fails: %s", async (_what, methods) => {
    const { images } = await run({}, (_repository, name) => (name === "redis" ? methods : {}));

    expect(images).toMatchObject([
      { status: "pushed" },
      { status: "failed", code: "DENIED", message: "Cannot push", hint: "Ask for the right" },
    ]);
    expect(await repositoryOf("nginx").resolve("1")).toEqual(NGINX.descriptor);
    expect(await repositoryOf("redis").resolve("7")).toBeUndefined();
  });

  test("sends a blob to the second repository where the first one refused it", async () => {
    const { images } = await run({}, (_repository, name) => (name === "nginx" ? { putBlob: refuse } : {}));

    expect(images.map(({ status }) => status)).toEqual(["failed", "pushed"]);
    expect(calls).toContain(`uploaded redis ${BASE}`);
  });

  test("never publishes an image whose layer is damaged in the bundle", async () => {
    const path = join(directory, "damaged.tar");
    const content = await readFile(bundle.path);
    content.write("REDIS FOR ARM", content.lastIndexOf("redis for arm"));
    await writeFile(path, content);
    const damaged = await openBundle(path);

    const options = {
      openRepository: ({ target }: PlannedImport) => registries.openRepository(target),
      jobs: 2,
    };
    const { images } = await importBundle(damaged, planImport(damaged.document), options);

    await damaged.close();
    expect(images).toMatchObject([{ status: "pushed" }, { status: "failed", code: "DIGEST_INVALID" }]);
    expect(await repositoryOf("redis").resolve("7")).toBeUndefined();
    expect(await repositoryOf("redis").statBlob(ARM64.blobs[1]?.descriptor.digest ?? "")).toBeUndefined();
  });

  test.each([
    ["a full disk", new BundleError("NO_SPACE", "Cannot write")],
    ["a bug", new TypeError("bug")],
  ])("stops at what concerns more than one image: %s", async (_what, error) => {
    const fail = async (): Promise<never> => await Promise.reject(error);

    await expect(run({}, () => ({ putBlob: fail }))).rejects.toBe(error);
  });

  test("stops when it is told to", async () => {
    const controller = new AbortController();
    const statBlob = async (): Promise<undefined> => {
      controller.abort(new Error("stopped"));
    };

    await expect(run({ signal: controller.signal }, () => ({ statBlob }))).rejects.toThrow("stopped");
    expect(calls.filter((call) => call.startsWith("putManifest"))).toEqual([]);
  });

  test("tells begin, progress and end of every blob", async () => {
    const events: TransferEvent[] = [];

    const { uploadedSize } = await run({ onEvent: (event) => events.push(event) });

    const progress = events.flatMap((event) => (event.kind === "blob-progress" ? [event.size] : []));
    expect(progress.reduce((sum, size) => sum + size, 0)).toBe(uploadedSize);
    expect(events.filter(({ kind }) => kind === "blob-start")).toHaveLength(7);
    expect(events.filter((event) => event.kind === "blob-end" && event.ok)).toHaveLength(7);
  });

  test.each([
    ["an empty index", makeIndex([])],
    ["an index of empty indexes", makeIndex([makeIndex([])])],
  ])("pushes %s, which has no blobs", async (_what, root: MadeManifest) => {
    const path = join(directory, "empty.tar");
    const images: NamedImages = [
      ["r.io/empty:1", root],
      ["r.io/empty:2", root],
    ];
    await writeBundle(path, images);
    const empty = await openBundle(path);

    const options = {
      openRepository: ({ target }: PlannedImport) => registries.openRepository(target),
      jobs: 2,
    };
    const report = await importBundle(empty, planImport(empty.document), options);

    await empty.close();
    expect(report.images.map(({ status }) => status)).toEqual(["pushed", "pushed"]);
    expect(await repositoryOf("empty").resolve("1")).toEqual(root.descriptor);
    expect(await repositoryOf("empty").resolve("2")).toEqual(root.descriptor);
  });
});
