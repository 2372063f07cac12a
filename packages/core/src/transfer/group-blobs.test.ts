import { expect, test } from "vitest";
import { makeImage, planOf } from "../../../../test/support/images.ts";
import { composeBundle } from "../bundle/compose-bundle.ts";
import { groupBlobs } from "./group-blobs.ts";
import { planImport } from "./plan-import.ts";

const IMAGE = makeImage(["one", "two"]);

test("groupBlobs() groups tens of thousands of tags of one image in seconds", () => {
  const { images, manifests } = planOf([["r.io/app:1", IMAGE]]);
  const { document } = composeBundle(images, manifests, { createdBy: "test" });
  const [planned] = planImport(document);
  if (planned === undefined) throw new TypeError("no image");
  const imports = Array.from({ length: 40_000 }, (_, i) => ({ ...planned, name: `${i}` }));

  const start = performance.now();
  const groups = groupBlobs({ manifests }, imports);

  expect(groups.map(({ members }) => members.map(({ imports: list }) => list.length))).toEqual([
    [40_000],
    [40_000],
    [40_000],
  ]);
  expect(performance.now() - start).toBeLessThan(5_000);
});
