import { formatReferrersTag, parseManifest, type Source } from "@airgap-bundle/core";
import type { Quirks } from "@airgap-bundle/registry";
import { afterEach, beforeEach } from "vitest";
import { ImportDocument, readDocument } from "./documents.ts";
import { type MadeManifest, makeImage, makeIndex, putManifest } from "./images.ts";
import { makeReferrer, makeSignature, signatureTag } from "./signatures.ts";
import { openSite, type Site } from "./site.ts";
import { openTestRegistry, type TestRegistry } from "./test-registry.ts";

/** A registry without the referrers API, as docker-registry 2 and Docker Hub are. */
export const WITHOUT_API: Quirks = { referrersStatus: 404 };

export const AMD64: MadeManifest = makeImage(["amd64"]);
export const ARM64: MadeManifest = makeImage(["arm64"], "linux/arm64");
export const INDEX: MadeManifest = makeIndex([AMD64, ARM64]);
export const OTHER: MadeManifest = makeImage(["other"]);
export const BUNDLE: MadeManifest = makeReferrer(INDEX.descriptor, "sigstore bundle");
export const SBOM: MadeManifest = makeReferrer(AMD64.descriptor, "sbom", "application/spdx+json");
export const SBOM_SIGNATURE: MadeManifest = makeReferrer(SBOM.descriptor, "signature of the sbom");
export const ATTESTATIONS: MadeManifest = makeIndex([makeImage(["provenance"], "unknown/unknown")], {
  subject: ARM64.descriptor,
});
export const SIGNATURE: MadeManifest = makeSignature(INDEX.descriptor);
export const SIGNATURE_TAG: string = signatureTag(INDEX.descriptor);
/** Those that name their subject themselves. */
export const BY_SUBJECT: readonly MadeManifest[] = [BUNDLE, SBOM, SBOM_SIGNATURE, ATTESTATIONS];

/** Takes all platforms of what `selection.yaml` selects. */
export const EXPORT: readonly string[] = [
  ...["export", "-c", "selection.yaml", "-o", "out.tar"],
  ...["--platform", "all", "--json"],
];

/** Registries with signed images and a place between them, for each test of a file. */
export interface SignedExchange {
  readonly site: Site;
  /** A registry that holds nothing. */
  serve(quirks?: Quirks): Promise<TestRegistry>;
  /** A registry with a signed image in `team/app` and one that nothing speaks of in `team/other`; both are selected. */
  serveSource(quirks?: Quirks): Promise<TestRegistry>;
  /** Selects these tags of both repositories. */
  select(source: TestRegistry, tags: readonly string[]): Promise<void>;
  importInto(target: TestRegistry, ...flags: readonly string[]): Promise<ImportDocument>;
}

/** An exchange that each test begins anew. */
export function useSignedExchange(): SignedExchange {
  let site: Site;
  const opened: TestRegistry[] = [];
  beforeEach(async () => {
    site = await openSite();
  });
  afterEach(async () => {
    await Promise.all([site.close(), ...opened.splice(0).map(async (registry) => await registry.close())]);
  });
  const serve: SignedExchange["serve"] = async (quirks = {}) => {
    const registry = await openTestRegistry({ quirks });
    opened.push(registry);
    return registry;
  };
  const select: SignedExchange["select"] = async ({ host }, tags) => {
    const mappings = ["team/app", "team/other"].map((from) => ({ from, to: from, tags }));
    await site.select("selection.yaml", { registry: host, mappings });
  };
  return {
    get site() {
      return site;
    },
    serve,
    select,
    async serveSource(quirks = {}) {
      const source = await serve(quirks);
      await fill(source, { hasLists: quirks.referrersStatus !== undefined });
      await select(source, ["1.0"]);
      return source;
    },
    importInto: async ({ host }, ...flags) =>
      readDocument(await site.run(["import", "out.tar", "--to", host, "--json", ...flags]), ImportDocument),
  };
}

async function fill({ store }: TestRegistry, { hasLists }: { readonly hasLists: boolean }): Promise<void> {
  const app = store.openRepository("team/app");
  await putManifest(app, INDEX, "1.0");
  for (const referrer of BY_SUBJECT) await putManifest(app, referrer);
  await putManifest(app, SIGNATURE, SIGNATURE_TAG);
  await putManifest(store.openRepository("team/other"), OTHER, "1.0");
  if (!hasLists) return;
  for (const referrer of BY_SUBJECT) {
    const { subject } = parseManifest(referrer.descriptor, referrer.content);
    await putManifest(app, makeIndex([referrer]), formatReferrersTag(subject?.digest ?? ""));
  }
}

/** Digests in the list of referrers that a manifest has by the tag schema; none if there is no list. */
export async function readReferrersList(
  repository: Source,
  { descriptor }: MadeManifest,
): Promise<readonly string[]> {
  const list = await repository.resolve(formatReferrersTag(descriptor.digest));
  if (list === undefined) return [];
  const manifest = parseManifest(list, await repository.readManifest(list));
  return manifest.kind === "index" ? manifest.children.map(({ digest }) => digest) : [];
}
