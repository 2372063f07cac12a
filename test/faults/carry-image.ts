import { readdir } from "node:fs/promises";
import { createMemoryStore, MEDIA_TYPES, verifyBundle } from "@airgap-bundle/core";
import { commandsInProcess, type RunOutcome } from "../chaos/commands.ts";
import { seededBytes } from "../fleet/seeded-bytes.ts";
import { type MadeManifest, makeBlob, putManifest } from "../support/images.ts";
import { openSite } from "../support/site.ts";
import { openTestRegistry } from "../support/test-registry.ts";
import { followRules, type Rule } from "./rules.ts";
import { type NotedRequest, serveFaults } from "./serve-faults.ts";

/** Size of the one layer, in bytes. */
export const SIZE: number = 10 * 1024 * 1024;

const LAYER = makeBlob(seededBytes("one layer", SIZE));
const CONFIG = makeBlob("{}", MEDIA_TYPES.ociConfig);
const MANIFEST = {
  ...{ schemaVersion: 2, mediaType: MEDIA_TYPES.ociManifest },
  config: CONFIG.descriptor,
  layers: [LAYER.descriptor],
};
const IMAGE: MadeManifest = {
  ...makeBlob(JSON.stringify(MANIFEST), MEDIA_TYPES.ociManifest),
  ...{ blobs: [CONFIG, LAYER], children: [], entry: {} },
};

/** Requests for the layer, at the registry and behind signed URLs. */
export const OF_LAYER = new RegExp(`/blobs/${LAYER.descriptor.digest}$`);

/** An export of one image through a proxy. */
export interface Carried {
  readonly outcome: RunOutcome;
  /** Is there a bundle, and every byte of it right? */
  readonly isSound: boolean;
  /** Requests for the layer at the registry. */
  readonly layer: readonly NotedRequest[];
  /** Those behind signed URLs. */
  readonly storage: readonly NotedRequest[];
  /** Bytes of the layer that were sent, over all requests. */
  readonly sent: number;
}

/** Exports an image of one layer while the rules hold. */
export async function carryImage(...rules: readonly Rule[]): Promise<Carried> {
  const store = createMemoryStore();
  await putManifest(store.openRepository("team/app"), IMAGE, "1");
  const registry = await openTestRegistry({ store });
  const proxy = await serveFaults({ registry: registry.host, choose: followRules(rules) });
  const site = await openSite();
  try {
    await site.select("selection.yaml", {
      registry: proxy.host,
      mappings: [{ from: "team/app", tags: ["1"] }],
    });
    const outcome = await (await commandsInProcess(site)).export(() => {});
    const isThere = (await readdir(site.directory)).includes("out.tar");
    const asked = proxy.requests.filter(({ path }) => OF_LAYER.test(path));
    return {
      outcome,
      isSound: isThere && (await verifyBundle(site.path("out.tar"))).problems.length === 0,
      layer: asked.filter(({ path }) => path.startsWith("/v2/")),
      storage: asked.filter(({ path }) => !path.startsWith("/v2/")),
      sent: asked.reduce((sum, request) => sum + request.sent, 0),
    };
  } finally {
    for (const one of [site, proxy, registry]) await one.close();
  }
}
