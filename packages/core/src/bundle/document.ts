import * as z from "zod";
import type { Descriptor } from "../descriptor.ts";
import { isDigest } from "../digest.ts";
import { BundleError } from "../error.ts";
import { parseStrictJson } from "../parse-json.ts";
import { type CarriedImage, formatTarget, MAX_REFERRERS } from "../plan/plan.ts";
import { isRepository, isTag } from "../reference.ts";
import { formatSignatureTags } from "../referrers-tag.ts";
import { isFullReference, isFullTarget } from "./full-names.ts";
import { listOf } from "./list-of.ts";

/** The version of the format that is written here and the only one that is read. */
export const FORMAT_VERSION = 1;

/**
 * Largest `bundle.json`, `index.json` and `manifest.json`, each read into memory as a whole. It is enough for about a
 * hundred thousand images; more is an attack.
 */
export const MAX_DOCUMENT_SIZE: number = 64 * 1024 * 1024;

/** Longest name of a task and item of `tags` that is read. */
export const MAX_TEXT_LENGTH = 10_000;

/** One image of a bundle. */
export interface BundleImage extends CarriedImage {
  /** `REGISTRY/REPOSITORY:TAG` or `REGISTRY/REPOSITORY@DIGEST`, where it was taken from. */
  readonly source: string;
  /** Present if it may have had more referrers: a look-up failed, one could not be had, or they were not looked for. */
  readonly referrersUnknown?: true;
}

/** A blob of a bundle; volume 0 means metadata, which is in every volume. `size` is in bytes. */
export interface BundleBlob {
  readonly digest: string;
  readonly size: number;
  readonly volume: number;
}

/** `bundle.json`: docs/format.md describes it. */
export interface BundleDocument {
  readonly formatVersion: typeof FORMAT_VERSION;
  /** Names of what a reader must know to read it at all. */
  readonly requires: readonly string[];
  readonly createdBy: string;
  /** Of `index.json`. */
  readonly index: Descriptor;
  /** Of `manifest.json`, if there is one. */
  readonly dockerManifest?: Descriptor;
  /** Sorted by target reference. */
  readonly images: readonly BundleImage[];
  /** In the order in which they lie. */
  readonly blobs: readonly BundleBlob[];
  /** `size` is the sum of the volume's layers in bytes. */
  readonly volumes: readonly { readonly number: number; readonly size: number }[];
  readonly label?: string;
  /** RFC 3339. */
  readonly created?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

const Digest = z.string().refine(isDigest, "not a sha256 or sha512 digest");
const DescriptorDocument = z.object({
  mediaType: z.string().max(255),
  digest: Digest,
  size: z.int().nonnegative(),
});
const FileDocument = DescriptorDocument.extend({ size: z.int().nonnegative().max(MAX_DOCUMENT_SIZE) });
/** A bundle must not move other tags of a repository than those that belong to its images. */
const Referrer = z
  .object({ subject: Digest, descriptor: DescriptorDocument, tag: z.string().exactOptional() })
  .refine(
    ({ subject, tag }) =>
      tag === undefined || !isDigest(subject) || formatSignatureTags(subject).includes(tag),
    { path: ["tag"], error: "not a tag of a signature of the subject" },
  );

const Target = z
  .object({
    registry: z.string().max(255).nullable(),
    repository: z.string().refine(isRepository, "not a repository name"),
    tag: z.string().refine(isTag, "not a tag").nullable(),
  })
  .refine(isFullTarget, "not HOST[:PORT] and a repository of it by its full name");

const Image = z.object({
  source: z.string().max(1024).refine(isFullReference, "not REGISTRY/REPOSITORY[:TAG][@DIGEST]"),
  target: Target,
  resolved: Digest,
  descriptor: DescriptorDocument,
  platforms: listOf(z.string().max(255), 1000),
  task: z.string().max(MAX_TEXT_LENGTH),
  selectedBy: z.string().max(MAX_TEXT_LENGTH),
  referrers: listOf(Referrer, MAX_REFERRERS),
  referrersUnknown: z.literal(true).exactOptional(),
});

const Document: z.ZodType<BundleDocument> = z.object({
  formatVersion: z.literal(FORMAT_VERSION),
  requires: listOf(z.string()),
  createdBy: z.string().max(255),
  index: FileDocument,
  dockerManifest: FileDocument.exactOptional(),
  images: listOf(Image),
  blobs: listOf(z.object({ digest: Digest, size: z.int().nonnegative(), volume: z.int().nonnegative() })),
  volumes: listOf(z.object({ number: z.int().positive(), size: z.int().nonnegative() })),
  label: z.string().exactOptional(),
  created: z.string().exactOptional(),
  annotations: z.custom<Readonly<Record<string, string>>>(isTexts, "not names and texts").exactOptional(),
});

const Version = z.object({ formatVersion: z.int().positive(), requires: listOf(z.string()) });

/**
 * Reads `bundle.json`.
 *
 * @throws `BUNDLE_INVALID` naming the field; `BUNDLE_UNSUPPORTED` for a newer format, a requirement or several volumes,
 * none of which this version reads
 */
export function parseBundleDocument(content: Uint8Array): BundleDocument {
  const document = readJson(content);
  const version = check(Version, document);
  if (version.formatVersion > FORMAT_VERSION)
    throw unsupported(`its format is version ${version.formatVersion}`);
  const [requirement] = version.requires;
  if (requirement !== undefined) throw unsupported(`it requires ${JSON.stringify(requirement)}`);
  const bundle = check(Document, document);
  if (bundle.volumes.length !== 1) throw unsupported(`it has ${bundle.volumes.length} volumes`);
  checkTargets(bundle.images);
  if (bundle.blobs.some(({ volume }) => volume > 1))
    throw unsupported("a blob of it lies in a second volume");
  return bundle;
}

/** A record of zod's tells of every wrong value, as its arrays do. */
function isTexts(value: unknown): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  return Object.values(value).every((text) => typeof text === "string");
}

/** Two contents cannot both be what a tag stands for. */
function checkTargets(images: readonly BundleImage[]): void {
  const targets = new Set<string>();
  for (const { target, descriptor } of images) {
    const name = formatTarget(target, descriptor.digest);
    if (targets.has(name))
      throw new BundleError("BUNDLE_INVALID", `Cannot read bundle.json: two images have the target ${name}`);
    targets.add(name);
  }
}

function readJson(content: Uint8Array): unknown {
  try {
    return parseStrictJson(content);
  } catch (cause) {
    const reason = cause instanceof SyntaxError ? cause.message : "it is not JSON";
    throw new BundleError("BUNDLE_INVALID", `Cannot read bundle.json: ${reason}`, { cause });
  }
}

function check<T>(type: z.ZodType<T>, document: unknown): T {
  const result = type.safeParse(document);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new BundleError(
    "BUNDLE_INVALID",
    `Cannot read bundle.json: ${issue?.path.join(".") || "document"}: ${issue?.message}`,
  );
}

function unsupported(what: string): BundleError {
  return new BundleError(
    "BUNDLE_UNSUPPORTED",
    `Cannot read this bundle: ${what}, which this version does not know`,
    {
      hint: "Use the version of bundle that made it, or a newer one",
    },
  );
}
