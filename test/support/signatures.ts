import { type Descriptor, MEDIA_TYPES, type Plan } from "@airgap-bundle/core";
import { graphOf, type Made, type MadeManifest, makeBlob } from "./images.ts";

/** A referrer with what it speaks of, and its tag if it has one. */
export interface AttachedReferrer {
  readonly subject: Descriptor;
  readonly made: MadeManifest;
  readonly tag?: string;
}

/** The tag that cosign gives to a signature of this manifest unless it is told to use referrers. */
export function signatureTag({ digest }: Descriptor, suffix: string = "sig"): string {
  return `${digest.replace(":", "-")}.${suffix}`;
}

/** A signature as cosign makes it to be found by its tag; one more by each further signer. */
export function makeSignature(subject: Descriptor, signers: readonly string[] = ["us"]): MadeManifest {
  const layers = signers.map((signer) =>
    makeBlob(
      JSON.stringify({
        critical: {
          identity: { "docker-reference": signer },
          image: { "docker-manifest-digest": subject.digest },
          type: "cosign container image signature",
        },
        optional: null,
      }),
      "application/vnd.dev.cosign.simplesigning.v1+json",
    ),
  );
  const config = makeBlob(
    JSON.stringify({ architecture: "", os: "", rootfs: { type: "layers", diff_ids: [] } }),
    MEDIA_TYPES.ociConfig,
  );
  return makeManifest([config, ...layers], {});
}

/** What speaks of a manifest by naming it, as cosign's bundles and BuildKit's attestations do. */
export function makeReferrer(
  subject: Descriptor,
  content: string,
  artifactType: string = "application/vnd.dev.sigstore.bundle.v0.3+json",
): MadeManifest {
  const config = makeBlob("{}", "application/vnd.oci.empty.v1+json");
  const annotations = { "dev.sigstore.bundle.content": content };
  return makeManifest([config, makeBlob(content, artifactType)], { artifactType, subject, annotations });
}

/** The plan, each of its images with these referrers. */
export function attachAll(plan: Plan, referrers: readonly AttachedReferrer[]): Plan {
  if (referrers.length === 0) return plan;
  return {
    ...plan,
    manifests: new Map([...plan.manifests, ...graphOf(referrers.map(({ made }) => made))]),
    images: plan.images.map((image) => ({
      ...image,
      referrerStatus: "found",
      referrers: referrers.map(({ subject, made, tag }) => ({
        subject: subject.digest,
        descriptor: made.descriptor,
        ...(tag === undefined ? {} : { tag }),
      })),
    })),
  };
}

/** Signatures of one payload by several keys, as cosign adds them to its manifest: the layer is the same for all. */
export function makeKeySignatures(subject: Descriptor, keys: readonly string[]): MadeManifest {
  const one = makeSignature(subject);
  const [config, payload] = one.blobs;
  const layers = keys.map((key) => ({
    ...payload?.descriptor,
    annotations: { "dev.cosignproject.cosign/signature": `by ${key}` },
  }));
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: MEDIA_TYPES.ociManifest,
    config: config?.descriptor,
    layers,
  });
  return { ...one, ...makeBlob(manifest, MEDIA_TYPES.ociManifest) };
}

function makeManifest(blobs: readonly Made[], fields: object): MadeManifest {
  const [config, ...layers] = blobs.map(({ descriptor }) => descriptor);
  const mediaType = MEDIA_TYPES.ociManifest;
  const manifest = JSON.stringify({ schemaVersion: 2, mediaType, ...fields, config, layers });
  return { ...makeBlob(manifest, mediaType), blobs, children: [], entry: {} };
}
