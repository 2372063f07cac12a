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

/** Asks one repository after the other, each of which fails with its one of these errors. */
async function askedUntilFailed(
  errors: readonly Error[],
): Promise<{ readonly asked: readonly string[]; readonly error: unknown }> {
  const asked: string[] = [];
  const failing = new Map(errors.map((error, index) => [`app${index}`, error]));
  const places = [...failing.keys()].map((repository) => ({ registry: "r.io", repository }));
  const openBlob = async function* (repository: string): AsyncGenerator<Uint8Array> {
    asked.push(repository);
    await Promise.reject(failing.get(repository));
    yield new Uint8Array();
  };
  const sink = createBlobSink(SMALL, { write: async () => await Promise.resolve() });
  const error: unknown = await fetchBlob(SMALL, places, sink, {
    openSource: ({ repository }) =>
      ({ openBlob: () => openBlob(repository) }) satisfies Partial<Source> as unknown as Source,
  }).catch((thrown: unknown) => thrown);
  return { asked, error };
}

test.each([
  new BundleError("NO_SPACE", "Cannot write"),
  new BundleError("FILE_FAILED", "Cannot write"),
  new BundleError("INTERRUPTED", "Interrupted"),
  new TypeError("a fault of ours"),
])("row 104: fetchBlob() asks no other repository after %s, which concerns all", async (stop) => {
  const { asked, error } = await askedUntilFailed([UNKNOWN, stop, UNKNOWN]);

  expect(error).toBe(stop);
  expect(asked).toEqual(["app0", "app1"]);
});

const DAMAGED = new BundleError("DIGEST_INVALID", "Cannot accept it");
const CUT = new BundleError("SIZE_INVALID", "Cannot accept it");
const DENIED = new BundleError("DENIED", "Cannot fetch blob: denied");

test.each([
  ["damage before one that lacks it", [DAMAGED, UNKNOWN], DAMAGED],
  ["a refusal between two that lack it", [UNKNOWN, DENIED, UNKNOWN], DENIED],
  ["the first of several reasons", [UNKNOWN, DENIED, DAMAGED], DENIED],
  ["that all lack it", [UNKNOWN, UNKNOWN], UNKNOWN],
])("fetchBlob() tells %s", async (_what, errors, expected) => {
  const { error } = await askedUntilFailed(errors);

  expect(error).toBe(expected);
});

test("row 9: fetchBlob() asks no third repository for what two have damaged, whatever others said between", async () => {
  const { asked, error } = await askedUntilFailed([DAMAGED, UNKNOWN, CUT, UNKNOWN]);

  expect(error).toBe(DAMAGED);
  expect([...new Set(asked)]).toEqual(["app0", "app1", "app2"]);
});

test("fetchBlob() asks a registry that refuses more requests in no other repository", async () => {
  const limited = new BundleError("TOOMANYREQUESTS", "Cannot fetch blob: too many requests");

  const { asked, error } = await askedUntilFailed([UNKNOWN, limited, UNKNOWN]);

  expect(error).toBe(limited);
  expect(asked).toEqual(["app0", "app1"]);
});
