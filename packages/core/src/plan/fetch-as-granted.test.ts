import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createRegistries, type NamedImages } from "../../../../test/support/bundles.ts";
import { type MadeManifest, makeImage } from "../../../../test/support/images.ts";
import { BundleError } from "../error.ts";
import { openMetadataCache } from "../metadata-cache.ts";
import { parseReference } from "../reference.ts";
import { wait } from "../wait.ts";
import { createManifestFetcher, type ManifestFetcher } from "./manifest-fetcher.ts";
import type { WantedManifest } from "./manifest-outcomes.ts";
import type { PlanOptions } from "./plan-options.ts";

const A = makeImage(["a"]);
const REFUSAL = new BundleError("TOOMANYREQUESTS", "Cannot read manifest");
const B = makeImage(["b"]);
const C = makeImage(["c"]);
const D = makeImage(["d"]);
const LACK = new BundleError("MANIFEST_UNKNOWN", "Cannot read manifest: it is not there");

let directory: string;
/** The repositories that a manifest was asked of, in turn. */
let asked: string[];
/** The registries that were waited for, in turn. */
let waits: string[];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "granted-"));
  asked = [];
  waits = [];
});

afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

/** Fails if a request for a manifest of this repository is to fail; `count` is 1 for the first one to it. */
type Answer = (place: string, count: number) => Promise<void>;

/** A fetcher that waits for pulls, from registries with these images that answer as `answer` says. */
async function openFetcher(
  images: NamedImages,
  answer: Answer,
  options: Partial<PlanOptions> = {},
): Promise<ManifestFetcher> {
  const registries = await createRegistries(images);
  const openSource: PlanOptions["openSource"] = (name) => {
    const repository = registries.openRepository(name);
    const place = `${name.registry}/${name.repository}`;
    return {
      ...repository,
      async readManifest(descriptor, abort) {
        asked.push(place);
        await answer(place, asked.filter((one) => one === place).length);
        return await repository.readManifest(descriptor, abort);
      },
    };
  };
  return createManifestFetcher({
    openSource,
    cache: openMetadataCache(join(directory, "cache")),
    pullLimit: () => undefined,
    jobs: 2,
    waitForRateLimit: true,
    askEveryMs: 1,
    onEvent(event) {
      if (event.kind === "retry") waits.push(event.host ?? "");
    },
    ...options,
  });
}

function want(reference: string, { descriptor }: MadeManifest): WantedManifest {
  return { descriptor, from: parseReference(reference) };
}

test("row 43: a pull that was refused behind a repository that lacks the manifest is waited for", async () => {
  const fetcher = await openFetcher([["r.io/kept:1", A]], async (place, count) => {
    if (place === "r.io/gone") throw LACK;
    if (count === 1) throw REFUSAL;
  });

  await fetcher.fetchAll([want("r.io/gone:1", A), want("r.io/kept:1", A)]);

  expect(fetcher.failureOf(A.descriptor)).toBeUndefined();
  expect([...fetcher.manifests.keys()]).toEqual([A.descriptor.digest]);
  expect(asked).toEqual(["r.io/gone", "r.io/kept", "r.io/kept"]);
  expect(waits).toEqual(["r.io"]);
});

test("row 43: a registry that refuses is waited for, not another that answers", async () => {
  const images: NamedImages = [
    ["r.io/app:1", A],
    ["docker.io/library/redis:1", B],
  ];
  const fetcher = await openFetcher(images, async (place, count) => {
    if (place === "docker.io/library/redis" && count === 1) throw REFUSAL;
    await wait(5);
  });

  await fetcher.fetchAll(images.map(([reference, made]) => want(reference, made)));

  expect(fetcher.manifests.size).toBe(2);
  expect(waits).toEqual(["docker.io"]);
});

test("each registry that refuses is waited for", async () => {
  const images: NamedImages = [
    ["quay.io/app:1", A],
    ["docker.io/library/redis:1", B],
  ];
  const fetcher = await openFetcher(images, async (_place, count) => {
    if (count === 1) throw REFUSAL;
  });

  await fetcher.fetchAll(images.map(([reference, made]) => want(reference, made)));

  expect(fetcher.manifests.size).toBe(2);
  expect(waits).toEqual(["quay.io", "docker.io"]);
  expect(asked).toHaveLength(4);
});

const FLEET: NamedImages = [A, B, C, D].map((made, index) => [`r.io/app${index}:1`, made]);

test.each([
  ["with", true],
  ["without", false],
])(
  "row 43: pulls on their way arrive where another is refused, %s a wait",
  async (_what, waitForRateLimit) => {
    const allOnTheirWay = Promise.withResolvers<void>();
    const fetcher = await openFetcher(
      FLEET,
      async (place, count) => {
        if (asked.length === FLEET.length) allOnTheirWay.resolve();
        await allOnTheirWay.promise;
        if (place === "r.io/app3" && count === 1) throw REFUSAL;
        await wait(5);
      },
      { jobs: 4, waitForRateLimit },
    );

    const fetching = fetcher.fetchAll(FLEET.map(([reference, made]) => want(reference, made)));

    if (waitForRateLimit) await fetching;
    else await expect(fetching).rejects.toMatchObject({ code: "TOOMANYREQUESTS" });
    expect(fetcher.manifests.size).toBe(waitForRateLimit ? 4 : 3);
    expect(asked).toHaveLength(waitForRateLimit ? 5 : 4);
  },
);

test("a registry that refuses a pull is asked for no more before the wait; others are", async () => {
  const other = makeImage(["other"]);
  const images: NamedImages = [...FLEET, ["docker.io/library/redis:1", other]];
  const fetcher = await openFetcher(
    images,
    async (place) => {
      if (place.startsWith("r.io")) throw REFUSAL;
    },
    { jobs: 1, waitForRateLimit: false },
  );

  const fetching = fetcher.fetchAll(images.map(([reference, made]) => want(reference, made)));

  await expect(fetching).rejects.toMatchObject({ code: "TOOMANYREQUESTS" });
  expect(asked).toEqual(["r.io/app0", "docker.io/library/redis"]);
  expect([...fetcher.manifests.keys()]).toEqual([other.descriptor.digest]);
});

test("a manifest that has gone during the wait fails alone, whatever the registry said before of its limit", async () => {
  const fetcher = await openFetcher(FLEET.slice(1), async () => await Promise.resolve(), {
    // Of what has gone it says nothing.
    pullLimit: () => ({ remaining: asked.includes("r.io/app0") ? 5 : 0 }),
  });

  await fetcher.fetchAll(FLEET.map(([reference, made]) => want(reference, made)));

  expect(fetcher.failureOf(A.descriptor)).toMatchObject({ code: "MANIFEST_UNKNOWN" });
  expect(fetcher.manifests.size).toBe(3);
});
