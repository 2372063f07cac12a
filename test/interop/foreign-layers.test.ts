import { afterEach, beforeEach, expect, test } from "vitest";
import { describePeers } from "../peers/describe-peers.ts";
import {
  type DockerRegistry,
  type DockerRegistryOptions,
  startDockerRegistry,
} from "../peers/docker-registry.ts";
import { ImportDocument, readDocument } from "../support/documents.ts";
import { makeForeignImage, putManifest } from "../support/images.ts";
import { openSite, type Site } from "../support/site.ts";
import { openTestRegistry, type TestRegistry } from "../support/test-registry.ts";

describePeers(["docker-registry"], "an image without a layer that may not be passed on", () => {
  let site: Site;
  let source: TestRegistry;
  const targets: DockerRegistry[] = [];

  beforeEach(async () => {
    site = await openSite();
    source = await openTestRegistry();
    const image = makeForeignImage("https://windows.invalid/layer");
    await putManifest(source.store.openRepository("win/app"), image, "1");
    const mappings = [{ from: "win/app", tags: ["1"] }];
    await site.select("selection.yaml", { registry: source.host, target: "127.0.0.1:1", mappings });
    await site.run(["export", "-c", "selection.yaml", "-o", "out.tar"]);
  });

  afterEach(async () => {
    for (const one of [site, source, ...targets.splice(0)]) await one.close();
  });

  async function importInto(
    options: DockerRegistryOptions,
    ...args: readonly string[]
  ): ReturnType<Site["run"]> {
    const target = await startDockerRegistry(options);
    targets.push(target);
    return await site.run(["import", "out.tar", "--to", target.host, ...args]);
  }

  test("is refused by docker-registry, and the message says what to allow", async () => {
    const imported = await importInto({});

    expect(imported.exitCode).toBe(1);
    expect(imported.stdout.toString()).toContain("validation.manifests.urls.allow");
  });

  test("is taken where the layer's URL is allowed", async () => {
    const imported = await importInto({ allowedUrls: ["^https://windows[.]invalid/"] }, "--json");

    expect(readDocument(imported, ImportDocument).images).toMatchObject([{ status: "pushed" }]);
  });
});
