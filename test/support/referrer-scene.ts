import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Descriptor, Repository } from "@airgap-bundle/core";
import { afterEach, beforeEach } from "vitest";
import { BundleError } from "../../packages/core/src/error.ts";
import { openMetadataCache } from "../../packages/core/src/metadata-cache.ts";
import type { Plan, PlannedImage } from "../../packages/core/src/plan/plan.ts";
import type { PlanOptions } from "../../packages/core/src/plan/plan-options.ts";
import { resolvePlan } from "../../packages/core/src/plan/resolve-plan.ts";
import { formatReferrersTag } from "../../packages/core/src/referrers-tag.ts";
import type { Source } from "../../packages/core/src/repository.ts";
import { parseSelection } from "../../packages/core/src/selection/parse-selection.ts";
import { createRegistries } from "./bundles.ts";
import { type MadeManifest, makeIndex, putManifest } from "./images.ts";

/** The repository `r.io/app` in memory, and plans of it. */
export interface ReferrerScene {
  readonly app: Repository;
  /** What was asked: `METHOD ARGUMENT`. */
  readonly requests: string[];
  /** Plans these tags of it; `change` puts other methods in the place of its own. */
  plan(tags: string, change?: Partial<Source>, options?: Partial<PlanOptions>): Promise<Plan>;
  /** Puts a list of referrers under the tag that the tag schema has for the subject. */
  putList(subject: Descriptor, ...referrers: readonly MadeManifest[]): Promise<void>;
}

/** A registry without an API for referrers. */
export const WITHOUT_API: Partial<Source> = {
  listReferrers: async () => {
    throw new BundleError("UNSUPPORTED", "Cannot look for referrers: no API");
  },
};

/** A scene for each test of a file; the tag `1` stands for `root`. */
export function useReferrerScene(root: MadeManifest): ReferrerScene {
  let directory: string;
  let app: Repository;
  const requests: string[] = [];
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "referrers-"));
    const registries = await createRegistries([["r.io/app:1", root]]);
    app = registries.openRepository({ registry: "r.io", repository: "app" });
    requests.length = 0;
  });
  afterEach(async () => {
    await rm(directory, { recursive: true, force: true });
  });
  return {
    get app() {
      return app;
    },
    requests,
    putList: async (subject, ...referrers) =>
      await putManifest(app, makeIndex(referrers), formatReferrersTag(subject.digest)),
    async plan(tags, change = {}, options = {}) {
      const source = note({ ...app, ...change }, requests);
      return await resolvePlan(selectTags(tags), {
        openSource: () => source,
        cache: openMetadataCache(join(directory, "cache")),
        pullLimit: () => undefined,
        listRepositories: () => Promise.reject(new TypeError("no pattern here")),
        jobs: 2,
        ...options,
      });
    },
  };
}

/** The one image of a plan. */
export function onlyImage({ images }: Plan): PlannedImage {
  const [image] = images;
  if (image === undefined || images.length > 1) throw new TypeError(`${images.length} images`);
  return image;
}

function selectTags(tags: string): Parameters<typeof resolvePlan>[0] {
  const text = `tasks:\n- name: t\n  source: {registry: r.io}\n  mappings: [{from: app, tags: [${tags}]}]\n`;
  const { selection, problems } = parseSelection(text, { environment: {} });
  if (selection === undefined) throw new TypeError(JSON.stringify(problems));
  return selection;
}

/** A source that writes down what it is asked. */
function note(source: Source, requests: string[]): Source {
  return {
    ...source,
    resolve: async (reference, options) => {
      requests.push(`resolve ${reference}`);
      return await source.resolve(reference, options);
    },
    readManifest: async (descriptor, options) => {
      requests.push(`readManifest ${descriptor.digest}`);
      return await source.readManifest(descriptor, options);
    },
    listTags: (options) => {
      requests.push("listTags");
      return source.listTags(options);
    },
    listReferrers: async (digest, options) => {
      requests.push(`listReferrers ${digest}`);
      return await source.listReferrers(digest, options);
    },
  };
}
