import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  BundleError,
  openMetadataCache,
  type Plan,
  parseSelection,
  type RepositoryName,
  resolvePlan,
  type Source,
} from "@airgap-bundle/core";
import { afterEach, beforeEach } from "vitest";
import type { NamedImages } from "./bundles.ts";
import { type ChangeSource, openNotedSources } from "./noted-sources.ts";

type PlanOptions = Parameters<typeof resolvePlan>[1];

/** Registries with images, and plans that are made of them. */
export interface PlanScene {
  /** `METHOD REGISTRY/REPOSITORY ARGUMENT` of every request since the test began. */
  readonly requests: string[];
  /** The registries' repositories, each request written down; `change` puts other methods in their place. */
  openSources(images?: NamedImages, change?: ChangeSource): Promise<(name: RepositoryName) => Source>;
  /** Resolves these mappings of docker.io. */
  plan(mappings: string, options?: Partial<PlanOptions>): Promise<Plan>;
}

/** A scene with these images, and an empty cache for each test. */
export function usePlans(images: NamedImages): PlanScene {
  const requests: string[] = [];
  let directory: string;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "plan-"));
    requests.length = 0;
  });

  afterEach(async () => {
    await rm(directory, { recursive: true, force: true });
  });

  const openSources: PlanScene["openSources"] = async (those = images, change) =>
    await openNotedSources(those, requests, change);

  return {
    requests,
    openSources,
    async plan(mappings, options = {}) {
      const text = `tasks:\n- name: t\n  source: {registry: docker.io}\n  target: {registry: in}\n  mappings: [${mappings}]\n`;
      const { selection, problems } = parseSelection(text, { environment: {} });
      if (selection === undefined) throw new TypeError(JSON.stringify(problems));
      return await resolvePlan(selection, {
        openSource: options.openSource ?? (await openSources()),
        cache: openMetadataCache(join(directory, "cache")),
        pullLimit: () => undefined,
        listRepositories: () => Promise.reject(new BundleError("UNSUPPORTED", "no catalog here")),
        jobs: 3,
        ...options,
      });
    },
  };
}
