import type { EventSink, PullLimit } from "@airgap-bundle/core";
import type { Transport } from "./transport.ts";
import type { UploadMemory } from "./upload-memory.ts";
import type { Warn } from "./warn-once.ts";

/** Kinds of requests, as results count them. */
export type RequestKind =
  | "headManifest"
  | "getManifest"
  | "putManifest"
  | "headBlob"
  | "getBlob"
  | "postUpload"
  | "patchBlob"
  | "putBlob"
  | "listTags"
  | "listRepositories"
  | "listReferrers";

/** What is remembered of a registry, mostly by the path of the repository. */
export interface RegistryMemory {
  /** The first question for referrers: it tells whether there is an API for it. */
  readonly referrerProbes: Map<string, Promise<unknown>>;
  /** Whether the repositories of a parent path have that API, as the first of them has answered. */
  readonly referrerApis: Map<string, Promise<"present" | "absent" | "unknown">>;
  /** The last change of a list of referrers, by path and tag: the next one waits for it. */
  readonly listChanges: Map<string, Promise<unknown>>;
  /** What uploads have taught. */
  readonly uploads: UploadMemory;
}

/** A repository of a registry, as source and target see it. */
export interface Remote {
  readonly transport: Transport;
  /** The registry's name in messages. */
  readonly registry: string;
  /** Who is asked: the registry, or the mirror that stands for it. */
  readonly asked: string;
  /** The repository's name in messages. */
  readonly repository: string;
  /** Where it is at the host that is asked: with the mirror's prefix. */
  readonly path: string;
  /** The path of another repository of the same registry. */
  readonly pathOf: (repository: string) => string;
  /** What all repositories of the registry have in common, for as long as it is open. */
  readonly memory: RegistryMemory;
  readonly onRequest?: ((kind: RequestKind) => void) | undefined;
  readonly onPullLimit?: ((limit: PullLimit) => void) | undefined;
  readonly onEvent?: EventSink | undefined;
  /** Each thing is said once per registry. */
  readonly warn: Warn;
}

/** `REGISTRY/REPOSITORY`. */
export function nameOf({ registry, repository }: Remote): string {
  return `${registry}/${repository}`;
}

/** What reading a repository must be allowed. */
export function pullScopes({ path }: Remote): readonly string[] {
  return [`repository:${path}:pull`];
}

/** What writing a repository must be allowed. */
export function pushScopes({ path }: Remote): readonly string[] {
  return [`repository:${path}:pull,push`];
}
