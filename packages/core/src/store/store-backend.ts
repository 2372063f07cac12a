import type { Descriptor } from "../descriptor.ts";
import type { AbortOptions, OpenBlobOptions } from "../repository.ts";

/**
 * What a repository holds, by kind: digests of blobs, digests of manifests with their media type, tags with their
 * digest, referrers by their subject.
 */
export type EntryKind = "blobs" | "manifests" | "tags" | "referrers";

/** Where one entry lies. Its names have been checked by grammar. */
export interface EntryKey {
  readonly repository: string;
  readonly kind: EntryKind;
  /** A digest, a tag, or of a referrer `SUBJECT/DIGEST`, two digests. */
  readonly name: string;
}

/** Where one upload session lies. Its names have been checked by grammar. */
export interface UploadKey {
  readonly repository: string;
  readonly id: string;
}

/** The bytes of all repositories together, by digest. */
export interface BlobStorage {
  stat(digest: string): Promise<{ readonly size: number } | undefined>;
  /** @throws `BLOB_UNKNOWN` */
  open(digest: string, options?: OpenBlobOptions): AsyncIterable<Uint8Array>;
  /** Verifies and stores. @throws `DIGEST_INVALID`, `SIZE_INVALID` */
  put(descriptor: Descriptor, content: AsyncIterable<Uint8Array>, options?: AbortOptions): Promise<void>;
}

/** Upload sessions: content that is not a blob yet. */
export interface UploadStorage {
  create(upload: UploadKey): Promise<void>;
  stat(upload: UploadKey): Promise<{ readonly size: number } | undefined>;
  /** Adds to the end. What came before a failure stays. */
  append(upload: UploadKey, content: AsyncIterable<Uint8Array>): Promise<void>;
  /** Verifies the content and makes it a blob. @throws `DIGEST_INVALID` */
  moveToBlobs(upload: UploadKey, descriptor: Descriptor): Promise<void>;
  /** Nothing happens if it is not there. */
  remove(upload: UploadKey): Promise<void>;
}

/** The few operations in which one store differs from another. */
export interface StoreBackend {
  readonly blobs: BlobStorage;
  readonly uploads: UploadStorage;
  /** Names of the repositories in which an entry was ever written, in any order. */
  listRepositories(): Promise<readonly string[]>;
  hasRepository(repository: string): Promise<boolean>;
  readEntry(entry: EntryKey): Promise<string | undefined>;
  /** Readers see the old value or the new one. */
  writeEntry(entry: EntryKey, value: string): Promise<void>;
  /** Nothing happens if it is not there. */
  removeEntry(entry: EntryKey): Promise<void>;
  /** A repository's tags, in any order; none if there is no such repository. */
  listTags(repository: string): Promise<readonly string[]>;
  /** Digests of the referrers that a repository has an entry of, in any order. */
  listReferrers(repository: string, subject: string): Promise<readonly string[]>;
}
