import { expect, test } from "vitest";
import { makeImage, planOf } from "../../../../test/support/images.ts";
import type { PlannedImage } from "../plan/plan.ts";
import { composeBundle } from "./compose-bundle.ts";

const LONG = "x".repeat(10_001);

function compose(change: Partial<PlannedImage>): () => unknown {
  const { images, manifests } = planOf([["quay.io/team/app:1", makeImage(["layer"])]]);
  const changed = images.map((image) => ({ ...image, ...change }));
  return () => composeBundle(changed, manifests, { createdBy: "test" });
}

test.each([
  ["a name of a task", { task: LONG }, /put quay.io\/team\/app:1 .* its task has 10001 characters/],
  ["an item of tags", { selectedBy: LONG }, /item of tags that selects it has 10001 characters/],
  ["a platform", { platforms: ["x".repeat(256)] }, /images.0.platforms.0/],
])("composeBundle() refuses %s that readers would refuse", (_what, change, message) => {
  expect(compose(change)).toThrow(
    expect.objectContaining({
      code: "SELECTION_INVALID",
      message: expect.stringMatching(message),
      hint: expect.any(String),
    }),
  );
});

test("composeBundle() takes the longest that readers take", () => {
  expect(compose({ task: LONG.slice(1), selectedBy: LONG.slice(1) })).not.toThrow();
});

test("composeBundle() refuses a bundle.json that is larger than is read", () => {
  const many = Array.from({ length: 12_000 }, (_, i) => `quay.io/team/app:${i}`);
  const image = makeImage(["layer"]);
  const { images, manifests } = planOf(many.map((reference) => [reference, image]));
  const long = images.map((planned) => ({ ...planned, task: "x".repeat(6_000) }));

  expect(() => composeBundle(long, manifests, { createdBy: "test" })).toThrow(
    expect.objectContaining({
      code: "SELECTION_INVALID",
      message: expect.stringMatching(
        /bundle.json would have \d+ bytes, more than the 67108864 that are read/,
      ),
      hint: "Split the selection into several bundles",
    }),
  );
});
