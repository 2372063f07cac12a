import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import fc from "fast-check";
import { extract } from "tar-stream";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { joinEntries, replaceFile, toEntries } from "../../../../test/fuzz/rebuild-bundle.ts";
import { writeBundle } from "../../../../test/support/bundles.ts";
import { type MadeManifest, makeBlob, makeImage, makeIndex } from "../../../../test/support/images.ts";
import { readTar } from "../../../../test/support/tar.ts";
import { isBundleError } from "../error.ts";
import { parseBundleDocument } from "./document.ts";
import { openBundle } from "./open-bundle.ts";
import { decodeTarHeader, encodeTarHeader } from "./tar-header.ts";
import { verifyBundle } from "./verify-bundle.ts";

type Document = Record<string, unknown> & { images: Record<string, unknown>[] };

const IMAGE = makeImage(["layer"]);

let directory: string;
let files: ReadonlyMap<string, Buffer>;
let path: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "hostile-"));
  path = join(directory, "out.tar");
  files = await filesOf(IMAGE);
});

afterAll(async () => {
  await rm(directory, { recursive: true, force: true });
});

async function filesOf(image: MadeManifest): Promise<ReadonlyMap<string, Buffer>> {
  await writeBundle(path, [
    ["quay.io/team/app:1", image],
    ["quay.io/team/app:2", image],
  ]);
  return new Map((await readTar(await readFile(path))).map(({ name, content }) => [name, content]));
}

const read = (): Document => JSON.parse(files.get("bundle.json")?.toString() ?? "") as Document;

/** Writes the bundle with another `bundle.json`, all else being right. */
async function writeWith(text: string): Promise<void> {
  const changed = new Map(files);
  replaceFile(changed, "bundle.json", Buffer.from(text));
  await writeFile(path, joinEntries(toEntries(changed)));
}

describe("parseBundleDocument()", () => {
  test("reads or refuses any JSON value", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(() => parseBundleDocument(Buffer.from(JSON.stringify(value)))).toThrow(/^Cannot read/);
      }),
    );
  });

  test("reads or refuses a document with any value in any field", () => {
    const keys = fc.constantFrom(
      ...Object.keys(read()),
      "label",
      "created",
      "annotations",
      "base",
      "__proto__",
    );
    fc.assert(
      fc.property(keys, fc.jsonValue(), (key, value) => {
        const document = read();
        Object.defineProperty(document, key, { value, enumerable: true });
        try {
          parseBundleDocument(Buffer.from(JSON.stringify(document)));
        } catch (error) {
          expect(isBundleError(error)).toBe(true);
        }
      }),
      { numRuns: 100 },
    );
  });

  test.each([
    ["blobs", 1, /^Cannot read bundle.json: blobs.0: /],
    ["blobs", {}, /^Cannot read bundle.json: blobs.0.digest: /],
    ["requires", 1, /^Cannot read bundle.json: requires.0: /],
    ["images", {}, /^Cannot read bundle.json: images.0.source: /],
  ])("refuses very many wrong items of %s at the first: %j", (key, item, message) => {
    const document = { ...read(), [key]: Array.from({ length: 200_000 }, () => item) };

    expect(() => parseBundleDocument(Buffer.from(JSON.stringify(document)))).toThrow(message);
  });

  test("refuses wrong annotations, and very many platforms of an image, without a look at each", () => {
    const document = read();
    const [image] = document.images;
    const annotations = { key: 1 };
    const platforms = Array.from({ length: 200_000 }, () => 1);

    expect(() => parseBundleDocument(Buffer.from(JSON.stringify({ ...document, annotations })))).toThrow(
      "Cannot read bundle.json: annotations: not names and texts",
    );
    expect(() =>
      parseBundleDocument(Buffer.from(JSON.stringify({ ...document, images: [{ ...image, platforms }] }))),
    ).toThrow(/^Cannot read bundle.json: images.0.platforms: Too big/);
  });

  test("reads two thousand images", () => {
    const document = read();
    const [image] = document.images;
    const images = Array.from({ length: 2_000 }, (_, i) => ({
      ...image,
      target: { registry: "r.io", repository: "app", tag: `${i}` },
    }));

    const parsed = parseBundleDocument(Buffer.from(JSON.stringify({ ...document, images })));

    expect(parsed.images).toHaveLength(2000);
  });

  test.each([
    [
      "a key twice",
      (text: string) => text.replace('"images":', '"images":[],"images":'),
      /two keys "images"/,
    ],
    ["a byte order mark", (text: string) => `\ufeff${text}`, /not JSON/],
    [
      "two images with one target",
      (text: string) => text.replace('"tag":"2"', '"tag":"1"'),
      /two images have the target/,
    ],
    [
      "a registry that is no host",
      (text: string) => text.replaceAll("registry.internal", "evil.example/x"),
      /images.0.target/,
    ],
    [
      "a registry with credentials",
      (text: string) => text.replaceAll("registry.internal", "u:p@host"),
      /images.0.target/,
    ],
    [
      "a short name of Docker Hub",
      (text: string) => text.replaceAll("registry.internal", "index.docker.io"),
      /images.0.target/,
    ],
    [
      "a source with escapes for a terminal",
      (text: string) => text.replace("quay.io/team", "quay.io/\\u001b[2J"),
      /images.0.source/,
    ],
    [
      "a source that is a URL",
      (text: string) => text.replace("quay.io/team", "https://quay.io/team"),
      /images.0.source/,
    ],
  ])("refuses %s", async (_, change, message) => {
    await writeWith(change(JSON.stringify(read())));

    await expect(openBundle(path)).rejects.toMatchObject({
      code: "BUNDLE_INVALID",
      message: expect.stringMatching(message),
    });
    await expect(verifyBundle(path)).rejects.toMatchObject({ code: "BUNDLE_INVALID" });
  });
});

describe("openBundle() and verifyBundle()", () => {
  test.each(["application/vnd.oci.image.index.v1+json", "application/vnd.example", "applicati\u001bon/x"])(
    "refuse one manifest that is announced as two kinds: %s",
    async (mediaType) => {
      const document = read();
      const [first = {}, second = {}] = document.images;
      document.images = [first, { ...second, descriptor: { ...IMAGE.descriptor, mediaType } }];
      await writeWith(JSON.stringify(document));

      await expect(openBundle(path)).rejects.toMatchObject({ code: "BUNDLE_INVALID" });
      expect((await verifyBundle(path)).problems).toEqual([expect.objectContaining({ kind: "manifest" })]);
    },
  );

  test("tell once of a manifest that cannot be read, however many images have it", async () => {
    const [name = ""] = [...files].find(([, content]) => content.equals(IMAGE.content)) ?? [];
    const changed = new Map(files);
    replaceFile(changed, name, Buffer.from(IMAGE.content.toString().replace('"layers"', '"strata"')));
    await writeFile(path, joinEntries(toEntries(changed)));

    const { problems } = await verifyBundle(path);

    expect(problems.filter(({ kind }) => kind === "manifest")).toHaveLength(1);
    await expect(openBundle(path)).rejects.toMatchObject({ code: "BUNDLE_INVALID" });
  });

  test("tell once of what is missing, however many images need it, and stop at a thousand problems", async () => {
    const layers = Array.from({ length: 10_000 }, (_, i) => makeBlob(`missing ${i}`).descriptor);
    const wide = makeImage([], "linux/amd64", { layers });
    const plain = new Map(await filesOf(makeImage([])));
    const document = JSON.parse(plain.get("bundle.json")?.toString() ?? "") as Document;
    const [image] = document.images;
    const { digest, size } = wide.descriptor;
    document.images = Array.from({ length: 20 }, (_, i) => ({
      ...image,
      descriptor: wide.descriptor,
      target: { registry: "r.io", repository: "app", tag: `${i}` },
    }));
    document["blobs"] = [{ digest, size, volume: 0 }];
    const heads = [...plain].filter(([name]) => !name.startsWith("blobs/"));
    const changed = new Map([...heads, [`blobs/${digest.replace(":", "/")}`, wide.content] as const]);
    replaceFile(changed, "bundle.json", Buffer.from(JSON.stringify(document)));
    await writeFile(path, joinEntries(toEntries(changed)));

    const { problems } = await verifyBundle(path);

    expect(problems).toHaveLength(1001);
    expect(problems.at(-1)).toEqual({ kind: "unread", message: expect.stringContaining("more problems") });
    expect(new Set(problems.map((problem) => problem.digest)).size).toBe(1001);
  });

  test("refuse images that name more parts than can be visited", async () => {
    const index = makeIndex([makeIndex([])]);
    const shared = new Map(await filesOf(index));
    const { manifests, ...others } = JSON.parse(index.content.toString()) as { manifests: unknown[] };
    const wide = { ...others, manifests: Array.from({ length: 9000 }, () => manifests[0]) };
    replaceFile(
      shared,
      `blobs/${index.descriptor.digest.replace(":", "/")}`,
      Buffer.from(JSON.stringify(wide)),
    );
    const document = JSON.parse(shared.get("bundle.json")?.toString() ?? "") as Document;
    const [image] = document.images;
    document.images = Array.from({ length: 600 }, (_, i) => ({
      ...image,
      target: { registry: "r.io", repository: "app", tag: `${i}` },
    }));
    replaceFile(shared, "bundle.json", Buffer.from(JSON.stringify(document)));
    await writeFile(path, joinEntries(toEntries(shared)));

    await expect(openBundle(path)).rejects.toMatchObject({
      code: "BUNDLE_INVALID",
      message: expect.stringContaining("more than 5000000 parts"),
    });
  });
});

describe("tar headers", () => {
  const name = fc.stringMatching(/^[!-~]{1,140}$/).filter((text) => !/^\/|\/$/.test(text));
  const size = fc.oneof(fc.nat(), fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }));

  test("tar-stream reads any name and size that encodeTarHeader() writes", async () => {
    await fc.assert(
      fc.asyncProperty(name, size, async (written, length) => {
        for await (const { header } of Readable.from([encodeTarHeader(written, length)]).pipe(extract())) {
          expect(header).toMatchObject({ name: written, size: length });
          return;
        }
      }),
    );
  });

  test("decodeTarHeader() reads what was written and nothing else", () => {
    const block = fc.uint8Array({ minLength: 512, maxLength: 512 });
    const near = fc.tuple(name, fc.nat(), fc.nat(511), fc.nat(255)).map(([text, length, at, byte]) => {
      const header = encodeTarHeader(text, length).subarray(0, 512);
      header[at] = byte;
      return header;
    });
    fc.assert(
      fc.property(fc.oneof(block, near), (bytes) => {
        const header = decodeTarHeader(bytes);
        if (header !== undefined) expect(encodeTarHeader(header.name, header.size).equals(bytes)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});
