import { createMemoryStore, formatReferrersTag } from "@airgap-bundle/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describePeers } from "../peers/describe-peers.ts";
import { type DockerRegistry, startDockerRegistry } from "../peers/docker-registry.ts";
import { readDigest, readRawManifest } from "../peers/skopeo.ts";
import { type MadeManifest, makeImage, makeIndex, putManifest } from "../support/images.ts";
import { makeReferrer, makeSignature, signatureTag } from "../support/signatures.ts";
import { openSite, type Site } from "../support/site.ts";
import { openTestRegistry, type TestRegistry } from "../support/test-registry.ts";
import { runWell } from "./run-well.ts";

const AMD64 = makeImage(["amd64"]);
const INDEX = makeIndex([AMD64, makeImage(["arm64"], "linux/arm64")]);
const BUNDLES = ["ours", "theirs"].map((signer) => makeReferrer(INDEX.descriptor, signer));
const SBOM = makeReferrer(AMD64.descriptor, "sbom", "application/spdx+json");
const SIGNATURE = makeSignature(INDEX.descriptor);

describePeers(
  ["docker-registry", "skopeo"],
  "signatures in a docker-registry, which has no API for them",
  () => {
    let site: Site;
    let source: TestRegistry;
    let first: DockerRegistry;
    let second: DockerRegistry;

    beforeAll(async () => {
      const store = createMemoryStore();
      const app = store.openRepository("team/app");
      await putManifest(app, INDEX, "1.0");
      for (const referrer of [...BUNDLES, SBOM]) await putManifest(app, referrer);
      await putManifest(app, SIGNATURE, signatureTag(INDEX.descriptor));
      [site, source, first, second] = await Promise.all([
        openSite(),
        openTestRegistry({ store }),
        startDockerRegistry(),
        startDockerRegistry(),
      ]);
    });

    afterAll(async () => {
      await Promise.all([site.close(), source.close(), first.close(), second.close()]);
    });

    /** Carries the image from one registry to the other. */
    async function carry(from: string, to: string): Promise<void> {
      const mappings = [{ from: "team/app", to: "team/app", tags: ["1.0"], platform: "all" }];
      await site.select("selection.yaml", { registry: from, target: to, mappings });
      await runWell(site, ["export", "-c", "selection.yaml", "-o", "out.tar"]);
      await runWell(site, ["import", "out.tar"]);
    }

    async function readList(host: string, { descriptor }: MadeManifest): Promise<readonly string[]> {
      const location = `docker://${host}/team/app:${formatReferrersTag(descriptor.digest)}`;
      const list = JSON.parse(await readRawManifest(location)) as { manifests: { digest: string }[] };
      return list.manifests.map(({ digest }) => digest).sort();
    }

    test("come from a registry that has the API, and go on to another without it", async () => {
      await carry(source.host, first.host);
      await carry(first.host, second.host);

      for (const { host } of [first, second]) {
        const signature = `docker://${host}/team/app:${signatureTag(INDEX.descriptor)}`;
        expect(await readDigest(signature)).toBe(SIGNATURE.descriptor.digest);
        expect(await readList(host, INDEX)).toEqual(
          BUNDLES.map(({ descriptor }) => descriptor.digest).sort(),
        );
        expect(await readList(host, AMD64)).toEqual([SBOM.descriptor.digest]);
        const sbom = `docker://${host}/team/app@${SBOM.descriptor.digest}`;
        expect(await readDigest(sbom)).toBe(SBOM.descriptor.digest);
      }
    });
  },
);
