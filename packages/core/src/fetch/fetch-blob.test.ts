import { expect, test } from "vitest";
import { makeBlob } from "../../../../test/support/images.ts";
import type { Descriptor } from "../descriptor.ts";
import { BundleError } from "../error.ts";
import type { Source } from "../repository.ts";
import { createBlobSink } from "./blob-sink.ts";
import { fetchBlob } from "./fetch-blob.ts";

const PLACE = { registry: "r.io", repository: "app" };
const { descriptor: EMPTY } = makeBlob("{}", "application/vnd.oci.empty.v1+json");
const { descriptor: SMALL } = makeBlob("small");

/** What is had of a blob that the registry fails to give with `error`. */
async function fetchText(descriptor: Descriptor, error: BundleError): Promise<string> {
  let text = "";
  const openBlob: Source["openBlob"] = async function* () {
    await Promise.reject(error);
    yield new Uint8Array();
  };
  const sink = createBlobSink(descriptor, {
    write: async (chunk) => {
      text += Buffer.from(chunk).toString();
      await Promise.resolve();
    },
  });
  await fetchBlob(descriptor, [PLACE], sink, {
    openSource: () => ({ openBlob }) satisfies Partial<Source> as unknown as Source,
  });
  return text;
}

const UNKNOWN = new BundleError("BLOB_UNKNOWN", "Cannot fetch blob: the registry does not have it");

test.each([
  ["the empty document", EMPTY, "{}"],
  ["what its descriptor carries", { ...SMALL, data: Buffer.from("small").toString("base64") }, "small"],
])("fetchBlob() takes %s where the registry lacks it", async (_what, descriptor, expected) => {
  expect(await fetchText(descriptor, UNKNOWN)).toBe(expected);
});

test.each([
  ["nothing is known of it", SMALL, UNKNOWN],
  ["its descriptor carries something else", { ...SMALL, data: "e30=" }, UNKNOWN],
  ["the registry refuses it", EMPTY, new BundleError("DENIED", "Cannot fetch blob: denied")],
])("fetchBlob() fails with the registry's reason where %s", async (_what, descriptor, error) => {
  await expect(fetchText(descriptor, error)).rejects.toBe(error);
});
