import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { joinEntries, replaceFile, toEntries } from "../../../../test/fuzz/rebuild-bundle.ts";
import { writeBundle } from "../../../../test/support/bundles.ts";
import { makeImage } from "../../../../test/support/images.ts";
import { readTar } from "../../../../test/support/tar.ts";
import { blobPath } from "./layout.ts";
import { openBundle } from "./open-bundle.ts";
import { verifyBundle } from "./verify-bundle.ts";

type Document = Record<string, unknown> & { blobs: Record<string, unknown>[] };

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
