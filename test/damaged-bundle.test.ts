import { readFile, writeFile } from "node:fs/promises";
import { digestOf, MAX_MANIFEST_SIZE, parseManifest, readAll } from "@airgap-bundle/core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { ErrorDocument, ImportDocument, readDocument, VerifyDocument } from "./support/documents.ts";
import { type Exchange, openExchange, RELEASES, RELEASES_PER_REPOSITORY } from "./support/exchange.ts";
import type { BundleRun } from "./support/run-bundle.ts";
import { openTestRegistry, type TestRegistry } from "./support/test-registry.ts";

/** The image that is damaged, and where it goes. */
const REPOSITORY = "spaceone/oci-image";
const TAG = "1.11.10";
const IMAGES = RELEASES.length * RELEASES_PER_REPOSITORY;

let exchange: Exchange;
let bundle: Buffer;
let layer: Uint8Array;
let manifest: Uint8Array;
let target: TestRegistry;

beforeAll(async () => {
  exchange = await openExchange();
  await exchange.site.run(["export", "-c", "selection.yaml", "-o", "sound.tar"]);
  bundle = await readFile(exchange.site.path("sound.tar"));
  ({ manifest, layer } = await readImage());
});

afterAll(async () => {
  await exchange.close();
});

beforeEach(async () => {
  target = await openTestRegistry();
});

afterEach(async () => {
  await target.close();
});

test.each([
  ["first", () => 0],
  ["middle", () => Math.floor(layer.length / 2)],
  ["last", () => layer.length - 1],
])("a layer's %s byte is found by verify and never reaches the target whole", async (_, position) => {
  const offset = bundle.indexOf(layer);
  const digest = digestOf(layer);
  await writeDamaged(offset + position());

  const inspected = await run("inspect");
  const verified = await run("verify");
  const imported = await run("import", "--to", target.host);

  expect(inspected.exitCode).toBe(0);
  expect(verified.exitCode).toBe(3);
  expect(readDocument(verified, VerifyDocument)).toEqual({
    ok: false,
    problems: [expect.objectContaining({ kind: "digest", digest, offset })],
  });
  expect(imported.exitCode).toBe(3);
  const { images } = readDocument(imported, ImportDocument);
  expect(images.filter(({ status }) => status === "pushed")).toHaveLength(IMAGES - 1);
  expect(images.filter(({ status }) => status !== "pushed")).toEqual([
    expect.objectContaining({
      target: `${target.host}/mirror/${REPOSITORY}:${TAG}`,
      status: "failed",
      code: "DIGEST_INVALID",
    }),
  ]);
  const repository = target.store.openRepository(`mirror/${REPOSITORY}`);
  expect(await repository.resolve(TAG)).toBeUndefined();
  expect(await repository.statBlob(digest)).toBeUndefined();
});

test.each([
  ["import --verify-first of a damaged layer", ["--verify-first"], () => bundle.indexOf(layer)],
  ["import of a damaged manifest", [], () => bundle.indexOf(manifest) + 10],
  ["import of a damaged tar header", [], () => bundle.indexOf(layer) - 512],
  ["import of a damaged end", [], () => bundle.length - 1],
])("%s ends with status 3 and pushes nothing", async (_, flags, position) => {
  await writeDamaged(position());

  const imported = await run("import", "--to", target.host, ...flags);

  expect(imported.exitCode).toBe(3);
  expect(readDocument(imported, ErrorDocument).error.code).toBe("BUNDLE_INVALID");
  expect(target.takeCounts()).toEqual({});
});

test.each([
  ["cut in the middle", () => bundle.subarray(0, bundle.length / 2)],
  ["cut by its last byte", () => bundle.subarray(0, -1)],
  ["with something behind its end", () => Buffer.concat([bundle, Buffer.alloc(512)])],
])("a bundle %s is refused with status 3 by all commands", async (_, content) => {
  await writeFile(exchange.site.path("damaged.tar"), content());

  const verified = await run("verify");
  const imported = await run("import", "--to", target.host);

  expect(verified.exitCode).toBe(3);
  expect(readDocument(verified, VerifyDocument)).toMatchObject({ ok: false, problems: [{ kind: "length" }] });
  expect(imported.exitCode).toBe(3);
  expect(readDocument(imported, ErrorDocument).error.code).toBe("BUNDLE_INVALID");
  expect(target.takeCounts()).toEqual({});
});

test.each([
  ["text", Buffer.from("no bundle at all\n".repeat(1000))],
  ["nothing", Buffer.alloc(0)],
  ["zeros", Buffer.alloc(10_240)],
])("a file of %s is no bundle: status 3", async (_, content) => {
  await writeFile(exchange.site.path("damaged.tar"), content);

  for (const command of ["inspect", "verify"]) {
    const result = await run(command);
    expect(result.exitCode).toBe(3);
    expect(readDocument(result, ErrorDocument).error.code).toBe("BUNDLE_INVALID");
  }
});

async function run(command: string, ...flags: readonly string[]): Promise<BundleRun> {
  return await exchange.site.run([command, "damaged.tar", ...flags, "--json"]);
}

/** The bundle with one bit of one byte turned over. */
async function writeDamaged(offset: number): Promise<void> {
  const damaged = Buffer.from(bundle);
  damaged.writeUInt8(damaged.readUInt8(offset) ^ 1, offset);
  await writeFile(exchange.site.path("damaged.tar"), damaged);
}

/** The manifest of the image to damage, and the layer that no other image has. */
async function readImage(): Promise<{ readonly manifest: Uint8Array; readonly layer: Uint8Array }> {
  const repository = exchange.source.store.openRepository(REPOSITORY);
  const descriptor = await repository.resolve(TAG);
  if (descriptor === undefined) throw new Error(`Cannot read ${REPOSITORY}:${TAG}: the fleet lacks it`);
  const content = await repository.readManifest(descriptor);
  const parsed = parseManifest(descriptor, content);
  const own = parsed.kind === "image" ? parsed.layers.at(-1) : undefined;
  if (own === undefined) throw new Error(`Cannot read ${REPOSITORY}:${TAG}: it has no layers`);
  return { manifest: content, layer: await readAll(repository.openBlob(own), MAX_MANIFEST_SIZE) };
}
