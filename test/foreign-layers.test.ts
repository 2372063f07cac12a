import { readFile } from "node:fs/promises";
import { contentOf } from "@airgap-bundle/core";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ExportDocument, ImportDocument, readDocument, VerifyDocument } from "./support/documents.ts";
import {
  FOREIGN_LAYER,
  type MadeManifest,
  makeForeignImage,
  makeImage,
  putManifest,
} from "./support/images.ts";
import { type RawServer, serveRaw } from "./support/raw-server.ts";
import { openSite, type Site } from "./support/site.ts";
import { readTar } from "./support/tar.ts";
import { openTestRegistry, type TestRegistry } from "./support/test-registry.ts";

let site: Site;
let source: TestRegistry;
let target: TestRegistry;
/** The host that the image says has its layer. */
let elsewhere: RawServer;
let image: MadeManifest;

beforeEach(async () => {
  site = await openSite();
  source = await openTestRegistry();
  target = await openTestRegistry();
  elsewhere = await serveRaw(() => ({ body: FOREIGN_LAYER.content }));
  image = makeForeignImage(`${elsewhere.url}/layer`);
  await putManifest(source.store.openRepository("win/app"), image, "1");
  await putManifest(source.store.openRepository("win/plain"), makeImage(["plain"]), "1");
  await site.select("selection.yaml", {
    registry: source.host,
    target: target.host,
    mappings: [
      { from: "win/app", to: "win/app", tags: ["1"] },
      { from: "win/plain", to: "win/plain", tags: ["1"] },
    ],
  });
});

afterEach(async () => {
  for (const one of [site, source, target, elsewhere]) await one.close();
});

test("a layer that may not be passed on and that the registry lacks is left out, with a warning", async () => {
  const exported = await site.run(["export", "-c", "selection.yaml", "-o", "out.tar", "--json"]);

  expect(exported.exitCode).toBe(0);
  expect(readDocument(exported, ExportDocument)).toMatchObject({ images: 2, failed: [] });
  expect(exported.stderr).toContain(
    `${source.host}/win/app:1 is carried without its layer ${FOREIGN_LAYER.descriptor.digest} (18 bytes)`,
  );
  expect(elsewhere.requests).toEqual([]);

  const verified = await site.run(["verify", "out.tar", "--json"]);
  expect(readDocument(verified, VerifyDocument)).toMatchObject({ ok: true });

  const imported = await site.run(["import", "out.tar", "--json"]);
  expect(imported.exitCode).toBe(0);
  const { digest } = image.descriptor;
  expect(readDocument(imported, ImportDocument).images).toMatchObject([{ digest, status: "pushed" }, {}]);
  const arrived = await target.store.openRepository("win/app").readManifest(image.descriptor);
  expect(Buffer.from(arrived)).toEqual(image.content);
});

test("it is carried like any other where the registry has it", async () => {
  const { descriptor, content } = FOREIGN_LAYER;
  await source.store.openRepository("win/app").putBlob(descriptor, () => contentOf(content));

  const exported = await site.run(["export", "-c", "selection.yaml", "-o", "out.tar", "--json"]);
  await site.run(["import", "out.tar"]);

  expect(exported.stderr).not.toContain("without its layer");
  expect(await target.store.openRepository("win/app").statBlob(descriptor.digest)).toEqual({ size: 18 });
  expect(elsewhere.requests).toEqual([]);
});

test("an image that lacks a layer keeps no other from being loaded by docker", async () => {
  await site.run(["export", "-c", "selection.yaml", "-o", "out.tar"]);

  const files = await readTar(await readFile(site.path("out.tar")));
  const manifest = files.find(({ name }) => name === "manifest.json");

  expect(JSON.parse(manifest?.content.toString() ?? "")).toMatchObject([
    { RepoTags: [`${source.host}/win/plain:1`] },
  ]);
});
