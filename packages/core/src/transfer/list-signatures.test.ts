import { expect, test } from "vitest";
import { makeBlob, makeImage, makeIndex } from "../../../../test/support/images.ts";
import { makeKeySignatures } from "../../../../test/support/signatures.ts";
import { listSignatures } from "./list-signatures.ts";

const IMAGE = makeImage(["image"]);
const { descriptor, content } = makeKeySignatures(IMAGE.descriptor, ["one", "two"]);

test("listSignatures() tells signatures of one payload apart by their annotations", () => {
  const [one, two] = listSignatures(descriptor, content);

  expect(one).not.toBe(two);
  const first = makeKeySignatures(IMAGE.descriptor, ["one"]);
  expect(listSignatures(first.descriptor, first.content)).toEqual([one]);
});

test("listSignatures() does not mind the order of annotations, nor their absence", () => {
  const [layer] = IMAGE.blobs.slice(1).map((blob) => blob.descriptor);
  const list = (annotations: unknown): readonly string[] => {
    const made = makeImage([], "linux/amd64", { layers: [{ ...layer, annotations }] });
    return listSignatures(made.descriptor, made.content);
  };

  expect(list({ a: "1", b: "2" })).toEqual(list({ b: "2", a: "1" }));
  expect(list(null)).toEqual(list({}));
  expect(list({ a: "1" })).not.toEqual(list({ a: "2" }));
  expect(list([])).toHaveLength(1);
});

test("listSignatures() takes the entries of an index", () => {
  const index = makeIndex([IMAGE]);

  expect(listSignatures(index.descriptor, index.content)).toEqual([IMAGE.descriptor.digest]);
  expect(() => listSignatures(descriptor, makeBlob("no JSON").content)).toThrow(/not JSON/);
});
