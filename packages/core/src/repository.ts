import type { Descriptor } from "./descriptor.ts";

/** Lets a caller give up: every method that waits takes it. */
export interface AbortOptions {
  readonly signal?: AbortSignal;
}

/** Where a read starts. */
export interface OpenBlobOptions extends AbortOptions {
  /** First byte wanted. @default 0 */
  readonly offset?: number;
}

/** What is told of a list of tags beside the tags. */
export interface ListTagsOptions extends AbortOptions {
  /** Called if the registry's list ended in a way that may have left tags out. */
  readonly onIncomplete?: () => void;
}

/** A manifest that speaks of another: {@link https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#listing-referrers}. */
export interface Referrer extends Descriptor {
  /** The manifest's `artifactType`, else its config's media type; absent if it has neither. */
  readonly artifactType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** Content that can be opened again from its beginning, for a second attempt. */
export type OpenContent = () => AsyncIterable<Uint8Array>;

/**
 * One repository to read from. Bytes come as the other side sent them: {@link verified} and {@link readManifest}'s
 * callers compare them with the descriptor.
 *
 * Errors of every method: `UNAUTHORIZED`, `DENIED`, `NAME_UNKNOWN`, `TOOMANYREQUESTS`, `CONNECTION_FAILED`, `TLS_FAILED`,
 * `UNAVAILABLE`, `REGISTRY_FAILED`; the abort reason of `signal`.
 */
export interface Source {
  /** What a tag or a digest stands for now; undefined if there is no such manifest. */
  resolve(reference: string, options?: AbortOptions): Promise<Descriptor | undefined>;

  /** A manifest's bytes, of the descriptor's size and digest. @throws `MANIFEST_UNKNOWN`, `MANIFEST_INVALID`, `DIGEST_INVALID`, `SIZE_INVALID` */
  readManifest(descriptor: Descriptor, options?: AbortOptions): Promise<Uint8Array>;

  /** Size of a blob, where it can be told without reading it; undefined if it is not in this repository. */
  statBlob(digest: string, options?: AbortOptions): Promise<{ readonly size?: number } | undefined>;

  /**
   * A blob's bytes from `offset` to its end, not verified. A chunk is lent until the next one is asked for: who keeps it
   * copies it. @throws `BLOB_UNKNOWN`
   */
  openBlob(descriptor: Descriptor, options?: OpenBlobOptions): AsyncIterable<Uint8Array>;

  /** Every tag, without duplicates, in no particular order. */
  listTags(options?: ListTagsOptions): AsyncIterable<string>;

  /**
   * Manifests of this repository whose subject is this digest, present or not; none if nothing is known of any.
   *
   * @throws `UNSUPPORTED` if the registry cannot tell: the tag schema may have them
   */
  listReferrers(digest: string, options?: AbortOptions): Promise<readonly Referrer[]>;
}

/** One repository to write to. Every method may be repeated: what is there already stays. Errors as in {@link Source}. */
export interface Target {
  /** Finds out whether this repository may be written, and changes nothing. */
  checkPush(options?: AbortOptions): Promise<void>;

  /** Stores a blob; when it resolves, the content is stored. @throws `DIGEST_INVALID`, `SIZE_INVALID`, `BLOB_UPLOAD_INVALID`, and what `open` throws */
  putBlob(descriptor: Descriptor, open: OpenContent, options?: PutBlobOptions): Promise<StoredBy>;

  /** Stores a manifest under its digest and, if given, under a tag. @throws `MANIFEST_INVALID`, `MANIFEST_BLOB_UNKNOWN` */
  putManifest(descriptor: Descriptor, content: Uint8Array, options?: PutManifestOptions): Promise<void>;
}

/** Where a blob is known to be. */
export interface PutBlobOptions extends AbortOptions {
  /** Another repository of this registry that has it: it is taken from there if the registry does that. */
  readonly from?: string;
}

/** How a blob came: sent, or taken from another repository of the registry. */
export type StoredBy = "uploaded" | "mounted";

/** What a manifest is stored under beside its digest. */
export interface PutManifestOptions extends AbortOptions {
  readonly tag?: string;
}

/** A repository of a registry that can be written to. */
export interface Repository extends Source, Target {}

/** Holds repositories. Opening one asks nothing of the other side and cannot fail. */
export interface Registry {
  /** The name that people know it by: a host, with its port if it has one. */
  readonly name: string;
  openRepository(name: string): Repository;
}

/**
 * A repository whose blobs arrive in pieces and whose content can be taken away:
 * {@link https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pushing-a-blob-in-chunks},
 * {@link https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#content-management}.
 */
export interface StoreRepository extends Repository {
  statBlob(digest: string, options?: AbortOptions): Promise<{ readonly size: number } | undefined>;
  /** Makes a blob of another repository available here; false if it is not there. */
  mountBlob(descriptor: Descriptor, from: string, options?: AbortOptions): Promise<boolean>;
  /** Opens an upload session and returns its id. */
  startUpload(): Promise<string>;
  /** Bytes received so far; undefined if there is no such session. */
  statUpload(id: string): Promise<{ readonly size: number } | undefined>;
  /**
   * Adds to the end of a session; resolves to its size. What came before a failure stays.
   *
   * @throws `BLOB_UPLOAD_UNKNOWN`; `BLOB_UPLOAD_INVALID` while somebody else adds to it, as the two methods below
   */
  appendUpload(id: string, content: AsyncIterable<Uint8Array>): Promise<number>;
  /** Turns a session into a blob and ends it. @throws `BLOB_UPLOAD_UNKNOWN`, `DIGEST_INVALID` (the session is gone then too) */
  finishUpload(id: string, digest: string): Promise<void>;
  /** Forgets a session. @throws `BLOB_UPLOAD_UNKNOWN` */
  cancelUpload(id: string): Promise<void>;
  /** Takes a tag away. @throws `MANIFEST_UNKNOWN` */
  deleteTag(tag: string): Promise<void>;
  /** Takes a manifest and every tag of it away. @throws `MANIFEST_UNKNOWN` */
  deleteManifest(digest: string): Promise<void>;
  /** Takes a blob away from this repository. @throws `BLOB_UNKNOWN` */
  deleteBlob(digest: string): Promise<void>;
}

/** A registry's content: what the server serves. */
export interface Store {
  /** Names of the repositories that hold anything or once did, in order. */
  listRepositories(): Promise<readonly string[]>;
  /** Opening one asks nothing and creates nothing. @throws `NAME_INVALID` */
  openRepository(name: string): StoreRepository;
}
