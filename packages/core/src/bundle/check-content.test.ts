import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { joinEntries, replaceFile, toEntries } from "../../../../test/fuzz/rebuild-bundle.ts";
import { writeBundle } from "../../../../test/support/bundles.ts";
import { makeImage, makeIndex } from "../../../../test/support/images.ts";
import { makeReferrer, makeSignature, signatureTag } from "../../../../test/support/signatures.ts";
import { readTar } from "../../../../test/support/tar.ts";
import { blobPath } from "./layout.ts";
import { openBundle } from "./open-bundle.ts";
import { verifyBundle } from "./verify-bundle.ts";

type Document = Record<string, unknown> & {
  blobs: Record<string, unknown>[];
  images: { referrers: { subject: string; tag?: string }[] }[];
};

const IMAGE = makeImage(["layer"]);

let directory: string;
let path: string;
let files: Map<string, Buffer>;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "content-"));
  path = join(directory, "out.tar");
});

afterAll(async () => {
  await rm(directory, { recursive: true, force: true });
});

async function readFiles(): Promise<void> {
  files = new Map((await readTar(await readFile(path))).map(({ name, content }) => [name, content]));
}

/** Writes the files anew with another `bundle.json`, all else being right. */
async function rewrite(change: (document: Document) => void): Promise<void> {
  const document = JSON.parse(files.get("bundle.json")?.toString() ?? "") as Document;
  change(document);
  replaceFile(files, "bundle.json", Buffer.from(JSON.stringify(document)));
  await writeFile(path, joinEntries(toEntries(files)));
}

test("nothing is said of blobs that only a manifest needs that cannot be read", async () => {
  await writeBundle(path, [["quay.io/team/app:1", makeImage(["one", "two", "three"])]]);
  await readFiles();
  const manifest = [...files.keys()].find((name) => files.get(name)?.includes('"layers":[{'));
  if (manifest === undefined) throw new RangeError("there is no manifest");
  files.set(manifest, Buffer.from(`[${files.get(manifest)?.subarray(1).toString()}`));
  await rewrite(() => undefined);

  const { problems } = await verifyBundle(path);

  expect(problems.map(({ kind }) => kind)).toEqual(["digest", "manifest"]);
});

test("a manifest among the layers has its digest all the same", async () => {
  await writeBundle(path, [["quay.io/team/app:1", IMAGE]]);
  await readFiles();
  const { digest } = IMAGE.descriptor;
  const changed = IMAGE.content.toString().replace('"schemaVersion":2', '"schemaVersion":3');
  files.set(blobPath(digest), Buffer.from(changed));
  await rewrite(({ blobs }) => {
    for (const blob of blobs) if (blob["digest"] === digest) blob["volume"] = 1;
  });

  await expect(openBundle(path)).rejects.toMatchObject({
    code: "BUNDLE_INVALID",
    message: expect.stringContaining(`${digest} is damaged`),
  });
  expect((await verifyBundle(path)).problems).toEqual([expect.objectContaining({ kind: "digest", digest })]);
});

const OTHER = makeImage(["other"]);
const INDEX = makeIndex([IMAGE, makeImage(["arm"], "linux/arm64")]);
const SIGNATURE = makeSignature(IMAGE.descriptor);
const REFERRER = makeReferrer(IMAGE.descriptor, "of the image");
const SECOND = makeReferrer(REFERRER.descriptor, "of the referrer");

async function writeReferrers(): Promise<void> {
  await writeBundle(
    path,
    [["quay.io/team/app:1", INDEX]],
    [
      { subject: IMAGE.descriptor, made: SIGNATURE, tag: signatureTag(IMAGE.descriptor) },
      { subject: IMAGE.descriptor, made: REFERRER },
      { subject: REFERRER.descriptor, made: SECOND },
    ],
  );
  await readFiles();
}

test("referrers may speak of an entry of an image, and of each other", async () => {
  await writeReferrers();

  expect((await verifyBundle(path)).problems).toEqual([]);
});

test.each([
  ["of another image, by a tag", 0, OTHER, signatureTag(OTHER.descriptor), /which is not the image/],
  ["of another image", 1, OTHER, undefined, /which is not the image/],
  ["of one that comes behind it", 1, SECOND, undefined, /which is not the image/],
  ["of something else than it says itself", 2, IMAGE, undefined, /does not name .* as its subject/],
])("no referrer may speak %s", async (_what, place, subject, tag, message) => {
  await writeReferrers();
  await rewrite(({ images }) => {
    const referrer = images[0]?.referrers[place];
    if (referrer === undefined) return;
    referrer.subject = subject.descriptor.digest;
    if (tag !== undefined) referrer.tag = tag;
  });

  await expect(openBundle(path)).rejects.toMatchObject({
    code: "BUNDLE_INVALID",
    message: expect.stringMatching(message),
  });
  expect((await verifyBundle(path)).problems[0]).toMatchObject({
    kind: "manifest",
    image: "quay.io/team/app:1",
    digest: expect.any(String),
  });
});

test("no signature is called another image's where a damaged index hides what it speaks of", async () => {
  await writeReferrers();
  const { digest, size } = INDEX.descriptor;
  files.set(blobPath(digest), Buffer.alloc(size, "x"));
  await writeFile(path, joinEntries(toEntries(files)));

  const { problems } = await verifyBundle(path);

  expect(problems.map(({ kind }) => kind)).toContain("digest");
  expect(problems.filter(({ message }) => message.includes("speaks of"))).toEqual([]);
});
