import { tmpdir } from "node:os";
import { expect, test } from "vitest";
import { FOREIGN_LAYER, makeForeignImage, makeImage, planOf } from "../../../../test/support/images.ts";
import { BundleError } from "../error.ts";
import { openMetadataCache } from "../metadata-cache.ts";
import type { Source } from "../repository.ts";
import { findForeignLayers } from "./find-foreign-layers.ts";
import type { PlannedImage } from "./plan.ts";

const IMAGE = makeForeignImage("https://windows.invalid/layer");
const { images, manifests } = planOf([
  ["r.io/a:1", IMAGE],
  ["r.io/b:1", IMAGE],
  ["r.io/plain:1", makeImage(["plain"])],
]);

/** What the repositories say of the layer, and how often they were asked. */
async function find(
  statBlob: (repository: string) => ReturnType<Source["statBlob"]>,
  carried: readonly PlannedImage[] = images,
): Promise<{
  readonly layers: number;
  readonly warnings: readonly string[];
  readonly asked: readonly string[];
}> {
  const asked: string[] = [];
  const found = await findForeignLayers(carried, manifests, {
    openSource: ({ repository }) =>
      ({
        statBlob: async () => {
          asked.push(repository);
          return await statBlob(repository);
        },
      }) satisfies Partial<Source> as unknown as Source,
    cache: openMetadataCache(tmpdir()),
    pullLimit: () => undefined,
    jobs: 1,
  });
  const manifest = found.manifests.get(IMAGE.descriptor.digest);
  return {
    layers: manifest?.kind === "image" ? manifest.layers.length : 0,
    warnings: found.warnings.map(({ code, message }) => `${code} ${message}`),
    asked,
  };
}

test("findForeignLayers() leaves out what no repository has, with a warning for each image", async () => {
  const { layers, warnings, asked } = await find(async () => await Promise.resolve(undefined));

  expect(layers).toBe(1);
  expect(warnings).toEqual([
    expect.stringMatching(`^LAYER_LEFT_OUT r.io/a:1 .* ${FOREIGN_LAYER.descriptor.digest} \\(18 bytes\\)`),
    expect.stringMatching("^LAYER_LEFT_OUT r.io/b:1 "),
  ]);
  expect(asked).toEqual(["a", "b"]);
});

test("findForeignLayers() keeps what one of the repositories has", async () => {
  const { layers, warnings } = await find(
    async (repository) => await Promise.resolve(repository === "b" ? { size: 18 } : undefined),
  );

  expect([layers, warnings]).toEqual([2, []]);
});

test("findForeignLayers() keeps what cannot be asked for: fetching it says why", async () => {
  const { layers, warnings } = await find(
    async () => await Promise.reject(new BundleError("DENIED", "Cannot look for blob")),
  );

  expect([layers, warnings]).toEqual([2, []]);
});

test("findForeignLayers() asks for those of referrers, too", async () => {
  const [plain] = images.slice(-1);
  const referrer = { subject: plain?.descriptor.digest ?? "", descriptor: IMAGE.descriptor };
  const signed = images.slice(-1).map((image) => ({ ...image, referrers: [referrer] }));

  const { warnings } = await find(async () => await Promise.resolve(undefined), signed);

  expect(warnings).toEqual([expect.stringMatching("^LAYER_LEFT_OUT r.io/plain:1 ")]);
});
