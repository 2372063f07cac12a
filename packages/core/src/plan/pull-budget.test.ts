import { describe, expect, test } from "vitest";
import type { NamedImages } from "../../../../test/support/bundles.ts";
import { makeImage, makeIndex } from "../../../../test/support/images.ts";
import { usePlans } from "../../../../test/support/plan-scene.ts";
import { BundleError } from "../error.ts";
import type { Plan, PullLimit } from "./plan.ts";

const SINGLE = makeImage(["single"]);
const IMAGES: NamedImages = [
  ["redis:7.0", makeIndex([makeImage(["amd64"]), makeImage(["arm64"], "linux/arm64")])],
  ["redis:7.2", SINGLE],
  ["redis:latest", SINGLE],
];

const { requests, openSources, plan } = usePlans(IMAGES);

describe("resolvePlan() with a pull limit", () => {
  test("stops before the first pull where the registry grants fewer than are needed", async () => {
    const pullLimit = (): { remaining: number; limit: number; windowSeconds: number } => ({
      remaining: 1,
      limit: 100,
      windowSeconds: 21_600,
    });

    await expect(plan("{from: redis}", { pullLimit })).rejects.toMatchObject({
      code: "TOOMANYREQUESTS",
      message: expect.stringContaining("2 more pulls are needed and it grants 1"),
      hint: expect.stringContaining("6 hours"),
    });
    expect(requests.filter((request) => request.startsWith("readManifest"))).toEqual([]);
  });

  test("row 43: takes what is granted where no window grants as many as are needed, and needs the rest in the next one", async () => {
    let remaining = 1;
    const openSource = await openSources(IMAGES, (source) => ({
      readManifest: async (...args) => {
        if (remaining === 0) throw new BundleError("TOOMANYREQUESTS", "Cannot read manifest");
        remaining -= 1;
        return await source.readManifest(...args);
      },
    }));
    const again = async (): Promise<Plan> => {
      remaining = 1;
      return await plan("{from: redis}", { openSource, pullLimit: () => ({ remaining, limit: 1 }) });
    };

    for (const left of ["1 more pulls are needed and it grants 0", "1 more pulls are needed and it grants 0"])
      await expect(again()).rejects.toMatchObject({ message: expect.stringContaining(left) });
    const { images } = await again();

    expect(images).toHaveLength(3);
  });

  test("tells what is left where nothing is needed any more", async () => {
    const mapping = "{from: redis, tags: ['7.2']}";
    await plan(mapping);

    const { pulls } = await plan(mapping, { pullLimit: () => ({ remaining: 7, limit: 100 }) });

    expect(pulls).toEqual([{ registry: "docker.io", needed: 0, remaining: 7, limit: 100 }]);
  });

  test("goes on where the registry grants as many as are needed", async () => {
    const { pulls } = await plan("{from: redis, tags: ['7.2']}", { pullLimit: () => ({ remaining: 1 }) });

    expect(pulls).toEqual([{ registry: "docker.io", needed: 1, remaining: 1 }]);
  });

  test("row 43: waits for pulls where it is told to, takes as many as are granted, and each manifest once", async () => {
    let limit: PullLimit = { remaining: 1, limit: 100 };
    const openSource = await openSources(IMAGES, (source) => ({
      resolve: async (...args) => {
        limit = { remaining: 1, limit: 100 };
        return await source.resolve(...args);
      },
      readManifest: async (...args) => {
        if (limit.remaining === 0) throw new BundleError("TOOMANYREQUESTS", "Cannot read manifest");
        limit = { remaining: 0, limit: 100 };
        return await source.readManifest(...args);
      },
    }));
    const waits: string[] = [];

    const { images, pulls } = await plan("{from: redis}", {
      openSource,
      pullLimit: () => limit,
      waitForRateLimit: true,
      askEveryMs: 1,
      onEvent: (event) => {
        if (event.kind === "retry") waits.push(event.message);
      },
    });

    expect(images).toHaveLength(3);
    expect(pulls).toEqual([expect.objectContaining({ registry: "docker.io", needed: 3 })]);
    expect(waits[0]).toBe("it grants no more pulls for now, and 1 is still needed");
    const read = requests.filter((request) => request.startsWith("readManifest"));
    expect(new Set(read).size).toBe(read.length);
  });

  test("row 43: waits after a pull that was refused although the registry names no limit", async () => {
    let refusals = 2;
    const openSource = await openSources(IMAGES, (source) => ({
      readManifest: async (...args) => {
        if (refusals-- > 0) throw new BundleError("TOOMANYREQUESTS", "Cannot read manifest");
        return await source.readManifest(...args);
      },
    }));

    const { images } = await plan("{from: redis}", { openSource, waitForRateLimit: true, askEveryMs: 1 });

    expect(images).toHaveLength(3);
  });

  test("stops where the limit is used up on the way", async () => {
    const error = new BundleError("TOOMANYREQUESTS", "Cannot read manifest");
    const openSource = await openSources(IMAGES, () => ({
      readManifest: async () => await Promise.reject(error),
    }));

    await expect(plan("{from: redis}", { openSource })).rejects.toMatchObject({
      code: error.code,
      message: error.message,
      hint: expect.stringContaining("Run it again later"),
    });
  });
});
