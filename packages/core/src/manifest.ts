import * as z from "zod";
import type { Descriptor, Platform } from "./descriptor.ts";
import { explainDigest, isDigest } from "./digest.ts";
import { BundleError } from "./error.ts";
import { isImageType, isIndexType, MEDIA_TYPES } from "./media-types.ts";
import { refuseObsoleteManifest } from "./obsolete-manifest.ts";
import { parseStrictJson } from "./parse-json.ts";
import type { Referrer } from "./repository.ts";

/** No real manifest comes near; more is an attack on memory. */
const MAX_CHILDREN = 10_000;

/** Annotations by which an attestation names the child that it speaks of, as BuildKit writes them. */
const ATTESTATION_TYPE = "vnd.docker.reference.type";
const ATTESTATION_SUBJECT = "vnd.docker.reference.digest";

const DescriptorDocument = z.object({
  mediaType: z.string().max(255),
  digest: z.string().refine(isDigest, { error: ({ input }) => explainDigest(String(input)) }),
  size: z.int().nonnegative(),
});

const ChildDocument = DescriptorDocument.extend({
  platform: z
    .object({ os: z.string(), architecture: z.string(), variant: z.string().exactOptional() })
    .exactOptional(),
  annotations: z.record(z.string(), z.string()).exactOptional(),
});

/** What index and image manifest have in common. Programs in Go may write null for what is not there. */
const CommonDocument = z.object({
  mediaType: z.string().max(255).exactOptional(),
  artifactType: z.string().max(255).nullish(),
  subject: DescriptorDocument.nullish(),
  annotations: z.record(z.string(), z.string()).nullish(),
});

const IndexDocument = CommonDocument.extend({ manifests: z.array(ChildDocument).max(MAX_CHILDREN) });

const BlobDocument = DescriptorDocument.extend({ data: z.base64().exactOptional() });

const ImageDocument = CommonDocument.extend({
  config: BlobDocument.exactOptional(),
  layers: z.array(BlobDocument).max(MAX_CHILDREN),
});

/** One entry of an index. */
export interface IndexChild extends Descriptor {
  /** Absent if the index does not say, or says `unknown/unknown` as attestations do. */
  readonly platform?: Platform;
  /** Digest of the child that this one attests. */
  readonly attests?: string;
}

/** What every manifest may say about itself. */
interface CommonManifest {
  readonly mediaType: string;
  /** What kind of artifact it is, if it says so. */
  readonly artifactType?: string;
  /** The manifest that this one speaks of, as a signature does of an image. */
  readonly subject?: Descriptor;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** An OCI image index or a docker manifest list. */
export interface IndexManifest extends CommonManifest {
  readonly kind: "index";
  readonly children: readonly IndexChild[];
}

/** An OCI image manifest, which may be an artifact's, or a docker schema 2 manifest. */
export interface ImageManifest extends CommonManifest {
  readonly kind: "image";
  /** Absent only in artifacts of the newest image-spec. */
  readonly config?: Descriptor;
  readonly layers: readonly Descriptor[];
  /** Layers that the document names and that are not to be had: see {@link leaveOutForeignLayers}. */
  readonly leftOut?: readonly Descriptor[];
}

/** A manifest, read. It says where to go on, never what to store: the bytes are stored as they came. */
export type Manifest = IndexManifest | ImageManifest;

/**
 * Reads a manifest of the given media type: OCI index or image manifest, docker list or schema 2.
 *
 * @throws `MANIFEST_INVALID` for another type (docker schema 1 by name), what is no JSON, a missing or wrong field, or a
 * document that somebody could take for both kinds (CVE-2021-41190)
 */
export function parseManifest(descriptor: Descriptor, content: Uint8Array): Manifest {
  const { digest, mediaType } = descriptor;
  refuseObsoleteManifest(digest, { mediaType, content });
  const document = parseJsonObject(descriptor, content);
  if ("manifests" in document && ("layers" in document || "config" in document)) {
    throw invalid(descriptor, "it has both manifests and layers");
  }
  if (isIndexType(mediaType)) return readIndex(descriptor, check(IndexDocument, descriptor, document));
  if (isImageType(mediaType)) return readImage(descriptor, check(ImageDocument, descriptor, document));
  throw unknownType(descriptor);
}

/**
 * Refuses what cannot be a manifest before anything is asked for: an index may name anything.
 *
 * @throws `MANIFEST_INVALID`
 */
export function checkManifestType(descriptor: Descriptor): void {
  const { digest, mediaType } = descriptor;
  refuseObsoleteManifest(digest, { mediaType });
  if (!isIndexType(mediaType) && !isImageType(mediaType)) throw unknownType(descriptor);
}

/**
 * What a list of referrers says of a manifest:
 * {@link https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#listing-referrers}.
 */
export function toReferrer(descriptor: Descriptor, manifest: Manifest): Referrer {
  const { mediaType, digest, size } = descriptor;
  const { annotations } = manifest;
  const configType = manifest.kind === "image" ? manifest.config?.mediaType : undefined;
  // An empty type is as good as none.
  const artifactType = manifest.artifactType || configType;
  return {
    mediaType,
    digest,
    size,
    ...(artifactType ? { artifactType } : {}),
    ...(annotations === undefined ? {} : { annotations }),
  };
}

/** The media type of a manifest whose sender named none: what its `mediaType` says, else what its structure means. */
export function guessManifestType(content: Uint8Array): string | undefined {
  try {
    const document = parseStrictJson(content);
    if (typeof document !== "object" || document === null) return undefined;
    if ("mediaType" in document && typeof document.mediaType === "string") return document.mediaType;
    if ("manifests" in document) return MEDIA_TYPES.ociIndex;
    return "layers" in document || "config" in document ? MEDIA_TYPES.ociManifest : undefined;
  } catch {
    // No JSON, no type: parseManifest says so with the digest at hand.
    return undefined;
  }
}

function readIndex(descriptor: Descriptor, document: z.infer<typeof IndexDocument>): Manifest {
  checkMediaType(descriptor, document.mediaType);
  return { kind: "index", ...readCommon(descriptor, document), children: document.manifests.map(readChild) };
}

function readImage(descriptor: Descriptor, document: z.infer<typeof ImageDocument>): Manifest {
  checkMediaType(descriptor, document.mediaType);
  const { config, layers } = document;
  if (config === undefined && typeof document.artifactType !== "string")
    throw invalid(descriptor, "it has neither config nor artifactType");
  return {
    kind: "image",
    ...readCommon(descriptor, document),
    ...(config === undefined ? {} : { config }),
    layers,
  };
}

function readCommon(
  { mediaType }: Descriptor,
  { artifactType, subject, annotations }: z.infer<typeof CommonDocument>,
): CommonManifest {
  return {
    mediaType,
    ...(typeof artifactType === "string" ? { artifactType } : {}),
    ...(subject === undefined || subject === null ? {} : { subject }),
    ...(annotations === undefined || annotations === null ? {} : { annotations }),
  };
}

function readChild(child: z.infer<typeof ChildDocument>): IndexChild {
  const { mediaType, digest, size, platform, annotations } = child;
  const isKnown = platform !== undefined && platform.os !== "unknown" && platform.os !== "";
  const attests =
    annotations?.[ATTESTATION_TYPE] === "attestation-manifest" ? annotations[ATTESTATION_SUBJECT] : undefined;
  return {
    mediaType,
    digest,
    size,
    ...(isKnown ? { platform } : {}),
    ...(attests === undefined ? {} : { attests }),
  };
}

/** A descriptor's type and the document's own may differ in flavour, not in kind. */
function checkMediaType(descriptor: Descriptor, mediaType: string | undefined): void {
  if (mediaType === undefined || isIndexType(mediaType) === isIndexType(descriptor.mediaType)) return;
  throw invalid(
    descriptor,
    `it was announced as ${descriptor.mediaType} and calls itself ${JSON.stringify(mediaType)}`,
  );
}

function check<T>(type: z.ZodType<T>, descriptor: Descriptor, document: object): T {
  const result = type.safeParse(document);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw invalid(descriptor, `${issue?.path.join(".") || "document"}: ${issue?.message}`);
}

function parseJsonObject(descriptor: Descriptor, content: Uint8Array): Record<string, unknown> {
  let document: unknown;
  try {
    document = parseStrictJson(content);
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw invalid(descriptor, cause.message, cause);
  }
  if (typeof document !== "object" || document === null || Array.isArray(document))
    throw invalid(descriptor, "it is not a JSON object");
  return document as Record<string, unknown>;
}

function unknownType(descriptor: Descriptor): BundleError {
  return invalid(descriptor, `its media type is ${JSON.stringify(descriptor.mediaType)}`);
}

function invalid({ digest }: Descriptor, what: string, cause?: unknown): BundleError {
  return new BundleError("MANIFEST_INVALID", `Cannot use manifest ${digest}: ${what}`, { cause });
}
