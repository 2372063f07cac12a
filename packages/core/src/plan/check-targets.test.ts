import { expect, test } from "vitest";
import { makeImage, planOf } from "../../../../test/support/images.ts";
import { checkTargets } from "./check-targets.ts";
import type { PlannedImage } from "./plan.ts";

const REDIS = makeImage(["redis"]);
const OTHER = makeImage(["other"]);

/** Images for these targets; the source is of no interest here. */
function imagesFor(...targets: readonly (readonly [PlannedImage["target"], typeof REDIS])[]): PlannedImage[] {
  return targets.flatMap(([target, root], position) =>
    planOf([[`r.io/source${position}:1`, root]]).images.map((image) => ({ ...image, target })),
  );
}

const TARGET = { registry: "registry.internal", repository: "redis", tag: "7" };

test("checkTargets() keeps images with different targets, in their order", () => {
  const images = imagesFor(
    [TARGET, REDIS],
    [{ ...TARGET, tag: "8" }, REDIS],
    [{ ...TARGET, repository: "other" }, OTHER],
    [{ ...TARGET, registry: "other.internal" }, OTHER],
    [{ ...TARGET, registry: null }, OTHER],
    [{ ...TARGET, tag: null }, REDIS],
    [{ ...TARGET, tag: null }, OTHER],
  );

  expect(checkTargets(images)).toEqual(images);
});

test("checkTargets() keeps the first of the same content for the same target", () => {
  const images = imagesFor([TARGET, REDIS], [TARGET, REDIS], [{ ...TARGET, tag: null }, REDIS]);

  expect(checkTargets(images)).toEqual([images[0], images[2]]);
});

test("checkTargets() refuses two contents for one target, naming both", () => {
  const images = imagesFor([TARGET, REDIS], [TARGET, OTHER]);

  expect(() => checkTargets(images)).toThrow(
    expect.objectContaining({
      code: "TARGET_CONFLICT",
      message: expect.stringMatching(
        /registry\.internal\/redis:7 would be both r\.io\/source0:1 .* r\.io\/source1:1/,
      ),
    }),
  );
});
