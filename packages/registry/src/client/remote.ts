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
  | "listRepositories";

/** A repository of a registry, as source and target see it. */
export interface Remote {
  readonly transport: Transport;
  /** The registry's name in messages. */
  readonly registry: string;
  /** The repository's name in messages. */
  readonly repository: string;
  /** Where it is at the host that is asked: with the mirror's prefix. */
  readonly path: string;
  /** The path of another repository of the same registry. */
  readonly pathOf: (repository: string) => string;
  /** What uploads to the registry have taught. */
  readonly uploads: UploadMemory;
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
