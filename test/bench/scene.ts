import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
  type DockerRegistry,
  type DockerRegistryOptions,
  startDockerRegistry,
} from "../peers/docker-registry.ts";
import { type FleetImage, type FleetShape, fillFleet } from "./fleet.ts";
import type { Link } from "./link.ts";

/** A registry writes its log a moment after its answer. */
const LOG_DELAY_MS = 200;

/** What all rows need. */
export interface Bench {
  /** Everything lies below it. */
  readonly directory: string;
  /** How `bundle` is started: node and its arguments. */
  readonly bundle: readonly string[];
  /** Of our commands and of curl. */
  readonly runs: number;
  /** Of skopeo, which takes minutes. */
  readonly skopeoRuns: number;
  /** Told what is being done. */
  readonly log: (line: string) => void;
}

/** Images that lie in a directory, as docker-registry keeps them. */
export interface Stock {
  readonly storage: string;
  readonly images: readonly FleetImage[];
}

/** A registry that tells what it was asked. */
export interface LoggingRegistry extends DockerRegistry {
  /** `METHOD PATH` of the requests since the last call. */
  takeRequests(): Promise<readonly string[]>;
}

/** A stock that is served, and the way to it. */
export interface Scene {
  readonly bench: Bench;
  readonly link: Link;
  readonly images: readonly FleetImage[];
  readonly source: LoggingRegistry;
}

/** Fills a directory with what docker-registry keeps of these images. */
export async function fillStock(bench: Bench, name: string, shape: FleetShape): Promise<Stock> {
  bench.log(`filling ${name}`);
  const storage = await clearDirectory(bench, name);
  const registry = await startDockerRegistry({ storage });
  try {
    return { storage, images: await fillFleet(registry.host, shape) };
  } finally {
    await registry.close();
  }
}

/** Serves a stock over a link. */
export async function openScene(bench: Bench, { storage, images }: Stock, link: Link): Promise<Scene> {
  return { bench, link, images, source: await startLoggingRegistry({ storage, ...networkOf(link) }) };
}

/** Does something with an empty registry at the other end of the link, which is gone at the end. */
export async function withTarget<T>(
  { bench, link }: Scene,
  work: (target: LoggingRegistry) => Promise<T>,
): Promise<T> {
  const storage = await clearDirectory(bench, "target");
  const target = await startLoggingRegistry({ storage, ...networkOf(link) });
  try {
    return await work(target);
  } finally {
    await target.close();
    await rm(storage, { recursive: true });
  }
}

/** An empty directory of this name. */
export async function clearDirectory({ directory }: Bench, name: string): Promise<string> {
  const path = join(directory, name);
  await rm(path, { recursive: true, force: true });
  await mkdir(path);
  return path;
}

/** Of several runs those of the one that made most. */
export function mostRequests(runs: readonly (readonly string[])[]): readonly string[] {
  return runs.toSorted((a, b) => b.length - a.length)[0] ?? [];
}

/** How many requests of each kind, for people: `96 × HEAD manifests`. */
export function countRequests(requests: readonly string[]): string {
  const kinds = Map.groupBy(requests, (request) =>
    request.replace(/ \/v2\/.*\/(tags|manifests|blobs|referrers)\/.*$/, " $1"),
  );
  return [...kinds].map(([kind, { length }]) => `${length} × ${kind}`).join(", ");
}

async function startLoggingRegistry(options: DockerRegistryOptions): Promise<LoggingRegistry> {
  const requests: string[] = [];
  const onAccess = (line: string): void => void requests.push(/"([A-Z]+ [^ "]+)/.exec(line)?.[1] ?? line);
  const registry = await startDockerRegistry({ ...options, onAccess });
  return {
    ...registry,
    async takeRequests() {
      await sleep(LOG_DELAY_MS);
      return requests.splice(0);
    },
  };
}

function networkOf({ network }: Link): Pick<DockerRegistryOptions, "network"> {
  return network === undefined ? {} : { network };
}
