import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { writeBundle } from "../../../../test/support/bundles.ts";
import { makeImage, makeIndex } from "../../../../test/support/images.ts";
import { readTar } from "../../../../test/support/tar.ts";
import type { TransferEvent } from "../events.ts";
import { digestOf } from "../hash.ts";
import { MEDIA_TYPES } from "../media-types.ts";
import { blobPath, formatVolume } from "./layout.ts";
import { openBundle } from "./open-bundle.ts";
import { encodeTarHeader, roundUpToBlock, TAR_END_SIZE } from "./tar-header.ts";
import { verifyBundle } from "./verify-bundle.ts";

const REDIS = makeImage(["base".repeat(400), "redis"]);
const INDEX = makeIndex([REDIS, makeImage(["redis for arm"], "linux/arm64")]);
const NGINX = makeImage(["nginx"]);
const SOURCE = "docker.io/library/redis:7";

let directory: string;
let sound: Buffer;
let path: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "verify-"));
  path = join(directory, "out.tar");
  await writeBundle(path, [
    ["redis:7", INDEX],
    ["nginx:1", NGINX],
  ]);
  sound = await readFile(path);
});

afterAll(async () => {
  await rm(directory, { recursive: true, force: true });
});

beforeEach(async () => {
  await writeFile(path, sound);
});

/** Where the content of a file of the sound bundle begins. */
function offsetOf(name: string): number {
  return sound.indexOf(encodeTarHeader(name, 0).subarray(0, 100)) + 512;
}

async function damage(offset: number): Promise<void> {
  const damaged = Buffer.from(sound);
  damaged[offset] = damaged.readUInt8(offset) ^ 0x20;
  await writeFile(path, damaged);
}

type Files = Map<string, Buffer>;

/** Writes the sound bundle's files anew after a change; `bundle.json` may be changed with all that depends on it. */
async function rewrite(change: (files: Files, document: Record<string, unknown>) => void): Promise<void> {
  const files = new Map((await readTar(sound)).map(({ name, content }) => [name, content]));
  const document = JSON.parse(files.get("bundle.json")?.toString() ?? "") as Record<string, unknown>;
  change(files, document);
  const text = Buffer.from(JSON.stringify(document));
  files.set("bundle.json", text).set("volume.json", Buffer.from(formatVolume(digestOf(text))));
  const entries = [...files].flatMap(([name, content]) => [
    encodeTarHeader(name, content.length),
    content,
    Buffer.alloc(roundUpToBlock(content.length) - content.length),
  ]);
  await writeFile(path, Buffer.concat([...entries, Buffer.alloc(TAR_END_SIZE)]));
}

function listOf(document: Record<string, unknown>, key: string): Record<string, unknown>[] {
  return document[key] as Record<string, unknown>[];
}

/** Takes a blob out of the list and the volume. */
function removeBlob(files: Files, document: Record<string, unknown>, digest: string): void {
  document["blobs"] = listOf(document, "blobs").filter((blob) => blob["digest"] !== digest);
  files.delete(blobPath(digest));
}

async function expectProblems(expected: readonly object[]): Promise<void> {
  const { problems } = await verifyBundle(path);

  expect(problems).toEqual(expected.map((problem) => expect.objectContaining(problem)));
}

/** What makes opening fail too; damaged layers show only when they are read. */
async function expectRefused(): Promise<void> {
  await expect(openBundle(path)).rejects.toMatchObject({ code: "BUNDLE_INVALID", hint: expect.any(String) });
}

test("openBundle() tells all that is wrong, not only the first of it", async () => {
  const damaged = Buffer.from(sound);
  damaged[sound.length - 1] = 1;
  damaged[damaged.indexOf("volume.json")] = 0x56;
  await writeFile(path, damaged);

  await expect(openBundle(path)).rejects.toMatchObject({
    code: "BUNDLE_INVALID",
    message: expect.stringMatching(/the header of volume\.json is damaged .*, the first of 2 problems$/),
    problems: [
      { code: "BUNDLE_INVALID", message: expect.stringContaining("volume.json") },
      { code: "BUNDLE_INVALID", message: expect.stringContaining("end") },
    ],
  });
});

describe("verifyBundle()", () => {
  test("finds nothing wrong with a sound bundle, and tells of every layer", async () => {
    const events: TransferEvent[] = [];

    const { id, document, problems } = await verifyBundle(path, { onEvent: (event) => events.push(event) });

    expect(problems).toEqual([]);
    expect(id).toBe(digestOf(JSON.stringify(document)));
    expect(events[0]).toEqual({ kind: "phase", phase: "verify", total: 4, size: document.volumes[0]?.size });
    expect(events.filter(({ kind }) => kind === "blob-end")).toHaveLength(4);
  });

  test("rewriting a bundle without a change gives the same bytes", async () => {
    await rewrite(() => {});

    expect((await readFile(path)).equals(sound)).toBe(true);
  });

  test.each([
    ["a layer", REDIS.blobs[1], false],
    ["a config", REDIS.blobs[0], true],
  ])("finds a damaged byte in %s", async (_what, blob, isRefused) => {
    const digest = blob?.descriptor.digest ?? "";
    const offset = offsetOf(blobPath(digest));
    await damage(offset);

    await expectProblems([{ kind: "digest", digest, volume: 1, offset }]);
    if (isRefused) await expectRefused();
  });

  test("finds a damaged manifest", async () => {
    await damage(offsetOf(blobPath(REDIS.descriptor.digest)));

    const { problems } = await verifyBundle(path);

    const manifest = { kind: "manifest", image: SOURCE, message: expect.stringContaining("not JSON") };
    expect(problems[0]).toMatchObject({ kind: "digest", digest: REDIS.descriptor.digest });
    expect(problems).toContainEqual(expect.objectContaining(manifest));
    await expectRefused();
  });

  test.each(["oci-layout", "index.json", "volume.json", "manifest.json"])(
    "finds a damaged %s",
    async (name) => {
      await damage(offsetOf(name));

      await expectProblems([
        { kind: "file", message: `${name} is not what it must be`, offset: offsetOf(name) },
      ]);
      await expectRefused();
    },
  );

  test.each([
    ["the mode", 104],
    ["the size", 130],
    ["the owner's name", 270],
  ])("finds a header that lies: %s", async (_what, position) => {
    const offset = offsetOf(blobPath(REDIS.blobs[1]?.descriptor.digest ?? "")) - 512;
    await damage(offset + position);

    await expectProblems([{ kind: "header", offset }]);
    await expectRefused();
  });

  test("finds something in the padding and in the end of the archive", async () => {
    const padding = offsetOf("oci-layout") + 30;
    const damaged = Buffer.from(sound);
    damaged[padding] = 1;
    damaged[sound.length - 1] = 1;
    await writeFile(path, damaged);

    await expectProblems([
      { kind: "padding", offset: padding },
      { kind: "padding", offset: sound.length - TAR_END_SIZE },
    ]);
    await expectRefused();
  });

  test("finds trailing data, and what else is wrong", async () => {
    await damage(offsetOf(blobPath(REDIS.blobs[1]?.descriptor.digest ?? "")));
    await writeFile(path, Buffer.concat([await readFile(path), Buffer.alloc(512)]));

    await expectProblems([
      { kind: "length", message: "the file has 512 bytes too many" },
      { kind: "digest", digest: REDIS.blobs[1]?.descriptor.digest },
    ]);
    expect((await verifyBundle(path)).uncoveredSize).toBe(0);
    await expectRefused();
  });

  test("passes over entries under ext/, and over no others", async () => {
    const body = sound.subarray(0, -TAR_END_SIZE);
    const end = Buffer.alloc(TAR_END_SIZE);
    const entry = (name: string): Buffer =>
      Buffer.concat([encodeTarHeader(name, 3), Buffer.alloc(512, "abc", "latin1")]);

    await writeFile(path, Buffer.concat([body, entry("ext/note"), end]));
    await expectProblems([]);
    expect((await verifyBundle(path)).uncoveredSize).toBe(entry("ext/note").length);

    await writeFile(path, Buffer.concat([body, entry("other/note"), end]));
    await expectProblems([{ kind: "length" }]);
    await expectRefused();
  });

  test("finds that a file is cut short", async () => {
    await writeFile(path, sound.subarray(0, -1));

    await expectProblems([
      {
        kind: "length",
        message: `the file is cut short: it has ${sound.length - 1} of ${sound.length} bytes`,
      },
    ]);
    await expectRefused();
  });

  test.each([
    ["a layer", REDIS.blobs[1]?.descriptor.digest ?? ""],
    ["a root", INDEX.descriptor.digest],
  ])("finds that %s is missing", async (_what, digest) => {
    await rewrite((files, document) => removeBlob(files, document, digest));

    const { problems } = await verifyBundle(path);

    expect(problems[0]).toMatchObject({ kind: "missing", image: SOURCE, digest });
    await expectRefused();
  });

  test("finds that a child is missing with all that it names", async () => {
    const child = INDEX.children[1];
    await rewrite((files, document) => {
      for (const made of [child, ...(child?.blobs ?? [])])
        removeBlob(files, document, made?.descriptor.digest ?? "");
    });

    await expectProblems([{ kind: "missing", image: SOURCE, digest: child?.descriptor.digest }]);
    await expectRefused();
  });

  test("finds a blob that no image needs", async () => {
    await rewrite((files, document) => {
      document["blobs"] = [...listOf(document, "blobs"), { digest: digestOf("more"), size: 4, volume: 1 }];
      files.set(blobPath(digestOf("more")), Buffer.from("more"));
    });

    await expectProblems([{ kind: "unused", digest: digestOf("more") }]);
    await expectRefused();
  });

  test.each([
    ["a manifest", INDEX.descriptor.digest],
    ["a layer", REDIS.blobs[1]?.descriptor.digest ?? ""],
  ])("finds that %s has another size than what names it says", async (_what, digest) => {
    await rewrite((files, document) => {
      const longer = Buffer.concat([files.get(blobPath(digest)) ?? Buffer.alloc(0), Buffer.from(" ")]);
      files.set(blobPath(digest), longer);
      for (const blob of listOf(document, "blobs"))
        if (blob["digest"] === digest) blob["size"] = longer.length;
    });

    const { problems } = await verifyBundle(path);

    expect(problems).toContainEqual(expect.objectContaining({ kind: "size", image: SOURCE, digest }));
    await expectRefused();
  });

  test("finds a root that is no manifest", async () => {
    await rewrite((_files, document) => {
      const [image] = listOf(document, "images");
      const root = image?.["descriptor"] as Record<string, unknown>;
      root["mediaType"] = MEDIA_TYPES.ociLayerGzip;
    });

    const { problems } = await verifyBundle(path);

    expect(problems[0]).toMatchObject({ kind: "manifest", message: expect.stringContaining("media type") });
    await expectRefused();
  });

  test("stops when it is told to", async () => {
    const signal = AbortSignal.abort(new Error("enough"));

    await expect(verifyBundle(path, { signal })).rejects.toThrow("enough");
  });
});
