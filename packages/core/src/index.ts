export type { BundleProblem } from "./bundle/check-structure.ts";
export { claimOutput, describeHolder } from "./bundle/claim-output.ts";
export { type BundleHeading, composeBundle } from "./bundle/compose-bundle.ts";
export type { BundleDocument, BundleImage } from "./bundle/document.ts";
export { type OpenedBundle, openBundle } from "./bundle/open-bundle.ts";
export { openExistingBundle } from "./bundle/open-existing.ts";
export { type BundleReport, verifyBundle } from "./bundle/verify-bundle.ts";
export { closeAfter } from "./close-after.ts";
export { contentOf, MAX_MANIFEST_SIZE, readAll, verified } from "./content.ts";
export type { Descriptor, Platform } from "./descriptor.ts";
export { type DigestParts, isDigest, isDigestAlgorithm, parseDigest } from "./digest.ts";
export {
  BundleError,
  type BundleErrorOptions,
  changeError,
  describeCauses,
  type ErrorCode,
  type FailureText,
  isBundleError,
  toBundleError,
} from "./error.ts";
export { ERROR_CODES } from "./error-codes.ts";
export type { EventSink, Phase, TransferEvent } from "./events.ts";
export { describeFileError, toFileError } from "./file-error.ts";
export { type ExplainedTag, explainTags } from "./filter/explain-tags.ts";
export { needsTagList, type SelectedTag, selectTags } from "./filter/select-tags.ts";
export { parseTagFilter, type TagFilter, type TagReference } from "./filter/tag-filter.ts";
export { createDigestHash, digestOf } from "./hash.ts";
export { guessManifestType, type IndexChild, type Manifest, parseManifest, toReferrer } from "./manifest.ts";
export { type ConcurrencyOptions, mapConcurrent } from "./map-concurrent.ts";
export { isImageConfigType, isImageType, isIndexType, MANIFEST_TYPES, MEDIA_TYPES } from "./media-types.ts";
export { cacheError, type MetadataCache, openMetadataCache } from "./metadata-cache.ts";
export { nearestName, nearestNames } from "./nearest-name.ts";
export { refuseObsoleteManifest } from "./obsolete-manifest.ts";
export type { ChosenMapping } from "./plan/choose-mappings.ts";
export { expandSelection } from "./plan/expand-selection.ts";
export { findMappings } from "./plan/find-mappings.ts";
export { repositoryKey } from "./plan/list-mapped-tags.ts";
export { listContent } from "./plan/manifest-graph.ts";
export type { PullLimit } from "./plan/plan.ts";
export {
  type CarriedImage,
  type FailedImage,
  formatTarget,
  type ImageTarget,
  type Plan,
  type PlanWarning,
  type Pulls,
  type ReferrerFailure,
  type ReferrerStatus,
} from "./plan/plan.ts";
export type {
  Listing,
  ListRepositories,
  RepositoryList,
  RepositoryQuery,
} from "./plan/repository-query.ts";
export { resolvePlan } from "./plan/resolve-plan.ts";
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
  isDockerHub,
  isRegistryHost,
  isRepository,
  isTag,
  joinRepositoryName,
  maskUserInfo,
  normalizeRegistry,
  parseReference,
  type Reference,
  type RepositoryName,
  splitRegistry,
} from "./reference.ts";
export { formatReferrersTag } from "./referrers-tag.ts";
export type {
  AbortOptions,
  ListTagsOptions,
  OpenBlobOptions,
  OpenContent,
  PutBlobOptions,
  PutManifestOptions,
  Referrer,
  Registry,
  Repository,
  Source,
  Store,
  StoredBy,
  StoreRepository,
  Target,
} from "./repository.ts";
export { type RetryOptions, retry } from "./retry.ts";
export type { SelectionNote, SelectionProblemCode, SelectionWarningCode } from "./selection/note.ts";
export { SELECTION_PROBLEMS, SELECTION_WARNINGS } from "./selection/note-codes.ts";
export {
  type ParsedSelection,
  type ParseSelectionOptions,
  parseSelection,
} from "./selection/parse-selection.ts";
export {
  type Auth,
  type Credentials,
  type Lister,
  type Location,
  type Mapping,
  mapTargetPath,
  platformsOf,
  type Selection,
  type Task,
} from "./selection/selection.ts";
export { type BlobDirectory, openBlobDirectory } from "./store/blob-directory.ts";
export { openDirectoryStore } from "./store/directory-store.ts";
export { tryLock } from "./store/lock-file.ts";
export { makeDirectory } from "./store/make-directory.ts";
export { createMemoryStore } from "./store/memory-store.ts";
export { exportBundle } from "./transfer/export-bundle.ts";
export {
  type BlobCount,
  countBlobs,
  type ExportReport,
  type ReferrerCount,
} from "./transfer/export-report.ts";
export { importBundle } from "./transfer/import-bundle.ts";
export type { OnExistingTag } from "./transfer/import-options.ts";
export type { ImportedImage, ImportReport } from "./transfer/import-report.ts";
export { type PlannedImport, planImport } from "./transfer/plan-import.ts";
export { streamBundle } from "./transfer/stream-bundle.ts";
export { wait } from "./wait.ts";
export { WARNING_CODES, type WarningCode } from "./warning-codes.ts";
