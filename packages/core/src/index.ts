export { contentOf, MAX_MANIFEST_SIZE, readAll, verified } from "./content.ts";
export type { Descriptor, Platform } from "./descriptor.ts";
export { createDigestHash, type DigestParts, digestOf, isDigest, parseDigest } from "./digest.ts";
export {
  BundleError,
  type BundleErrorOptions,
  type ErrorCode,
  isBundleError,
  toBundleError,
} from "./error.ts";
export type { EventSink, Phase, TransferEvent } from "./events.ts";
export { guessManifestType, type IndexChild, type Manifest, parseManifest } from "./manifest.ts";
export { type ConcurrencyOptions, mapConcurrent } from "./map-concurrent.ts";
export { isImageConfigType, isImageType, isIndexType, MANIFEST_TYPES, MEDIA_TYPES } from "./media-types.ts";
export {
  ALL_PLATFORMS,
  DEFAULT_PLATFORM,
  formatPlatform,
  matchesPlatform,
  normalizePlatform,
  parsePlatform,
} from "./platform.ts";
export {
  formatReference,
  isRegistryHost,
  isRepository,
  isTag,
  joinRepositoryName,
  normalizeRegistry,
  parseReference,
  type Reference,
  type RepositoryName,
} from "./reference.ts";
export type {
  AbortOptions,
  OpenBlobOptions,
  OpenContent,
  PutManifestOptions,
  Registry,
  Repository,
  Source,
  Store,
  StoreRepository,
  Target,
} from "./repository.ts";
