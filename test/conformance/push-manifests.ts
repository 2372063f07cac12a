import { digestOf, MAX_MANIFEST_SIZE, MEDIA_TYPES } from "@airgap-bundle/core";
import { expect } from "vitest";
import { type MadeManifest, makeBlob, makeImage, makeIndex } from "../support/images.ts";
import { makeArtifact, SHAPES, SUBJECT } from "./shapes.ts";
import {
  bodyOf,
  type ConformanceCase,
  digestBy,
  expectAbsent,
  expectContent,
  expectRefusal,
  locationOf,
  pushAll,
  pushBlob,
  putManifest,
  type Talk,
} from "./talk.ts";

const IMAGE = makeImage(["layer"]);

/** Expects that the answer leads to the manifest as it was sent. */
async function expectManifest(talk: Talk, response: Response, root: MadeManifest): Promise<void> {
  expect(response.status, await response.text()).toBe(201);
  expect(response.headers.get("docker-content-digest")).toBe(root.descriptor.digest);
  const { headers } = await expectContent(talk, locationOf(response), root.content);
  expect(headers.get("content-type")).toBe(root.descriptor.mediaType);
}

/** A manifest with sha512 digests throughout, and its own. */
function makeLongDigests(blobs: readonly Buffer[]): { readonly digest: string; readonly content: Buffer } {
  const [config, ...layers] = blobs.map((content) => ({
    mediaType: MEDIA_TYPES.octetStream,
    digest: digestBy("sha512", content),
    size: content.length,
  }));
  const document = { schemaVersion: 2, mediaType: MEDIA_TYPES.ociManifest, config, layers };
  const content = Buffer.from(JSON.stringify(document));
  return { digest: digestBy("sha512", content), content };
}

async function putOwn(talk: Talk, content: Uint8Array, reference: string): Promise<Response> {
  const headers = { "content-type": MEDIA_TYPES.ociManifest };
  return await talk.send("PUT", `manifests/${reference}`, { headers, body: bodyOf(content) });
}

const SHAPE_CASES = SHAPES.flatMap(({ name, root }) =>
  [
    ["a tag", "latest"],
    ["its digest", root.descriptor.digest],
  ].map(([what, reference = ""]) => ({
    name: `The registry MUST store the manifest in the exact byte representation: ${name} under ${what}`,
    async run(talk: Talk): Promise<void> {
      for (const child of root.children) await pushAll(talk, child);
      for (const { content } of root.blobs) await pushBlob(talk, content);

      await expectManifest(talk, await putManifest(talk, root, reference), root);
    },
  })),
);

const LONG_DIGEST_CASES: readonly ConformanceCase[] = [
  {
    name: "A manifest and its blobs may have sha512 digests",
    async run(talk) {
      const blobs = [Buffer.from("{}"), Buffer.from("layer")];
      for (const blob of blobs) await pushBlob(talk, blob, "sha512");
      const { digest, content } = makeLongDigests(blobs);

      const response = await putOwn(talk, content, digest);

      expect(response.status).toBe(201);
      expect(response.headers.get("docker-content-digest")).toBe(digest);
      await expectContent(talk, locationOf(response), content);
      await expectAbsent(talk, `manifests/${digestOf(content)}`);
    },
  },
  {
    name: "A manifest that is pushed by digest is tagged with the tag query parameters",
    async run(talk) {
      const blobs = [Buffer.from("{}")];
      for (const blob of blobs) await pushBlob(talk, blob, "sha512");
      const { digest, content } = makeLongDigests(blobs);

      const response = await putOwn(talk, content, `${digest}?tag=7&tag=7.2`);

      expect(response.status).toBe(201);
      expect((response.headers.get("oci-tag") ?? "").split(/, */)).toEqual(["7", "7.2"]);
      for (const tag of ["7", "7.2"]) {
        const { headers } = await expectContent(talk, `manifests/${tag}`, content);
        expect(headers.get("docker-content-digest")).toBe(digest);
      }
    },
  },
  {
    name: "A malformed tag query parameter is answered with 400, and nothing is stored",
    async run(talk) {
      const response = await putOwn(talk, SUBJECT.content, `${SUBJECT.descriptor.digest}?tag=7&tag=.x`);

      await expectRefusal(response, [400], ["MANIFEST_INVALID"]);
      await expectAbsent(talk, "manifests/7");
    },
  },
];

const SUBJECT_CASES = [
  makeArtifact("signature", { subject: SUBJECT.descriptor }),
  makeIndex([], { subject: SUBJECT.descriptor }),
].flatMap((root) =>
  [true, false].map((isThere) => ({
    name: `The registry MUST return OCI-Subject for a subject that is ${isThere ? "there" : "missing"}: ${root.descriptor.mediaType}`,
    async run(talk: Talk): Promise<void> {
      if (isThere) await pushAll(talk, SUBJECT);
      for (const { content } of root.blobs) await pushBlob(talk, content);

      const response = await putManifest(talk, root, root.descriptor.digest);

      await expectManifest(talk, response, root);
      expect(response.headers.get("oci-subject")).toBe(SUBJECT.descriptor.digest);
    },
  })),
);

const REFUSED: readonly (readonly [string, Buffer, string, readonly number[], readonly string[]])[] = [
  ["a blob is missing", IMAGE.content, "latest", [400, 404], ["MANIFEST_BLOB_UNKNOWN", "BLOB_UNKNOWN"]],
  ["it has another digest", Buffer.from("{}  "), digestOf("{}"), [400], ["DIGEST_INVALID"]],
  ["its digest is malformed", IMAGE.content, "sha256:baddigeststring", [400, 404], ["DIGEST_INVALID"]],
  ["it is not JSON", Buffer.from("blablabla"), "latest", [400], ["MANIFEST_INVALID"]],
  ["its tag is malformed", IMAGE.content, ".INVALID", [400, 404], ["MANIFEST_INVALID", "TAG_INVALID"]],
];

/** {@link https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pushing-manifests} */
export const PUSH_MANIFEST_CASES: readonly ConformanceCase[] = [
  ...SHAPE_CASES,
  ...LONG_DIGEST_CASES,
  ...SUBJECT_CASES,
  ...REFUSED.map(([what, content, reference, statuses, codes]) => ({
    name: `A manifest is refused if ${what}`,
    run: async (talk: Talk): Promise<void> =>
      await expectRefusal(await putOwn(talk, content, reference), statuses, codes),
  })),
  {
    name: "An index is refused if one of its manifests is missing",
    async run(talk) {
      const response = await putManifest(talk, makeIndex([IMAGE]), "latest");

      await expectRefusal(response, [400, 404], ["MANIFEST_BLOB_UNKNOWN", "MANIFEST_UNKNOWN"]);
    },
  },
  {
    name: "A manifest beyond the limit is answered with 413 Payload Too Large",
    async run(talk) {
      const response = await putOwn(talk, Buffer.alloc(MAX_MANIFEST_SIZE + 1, " "), "latest");

      expect(response.status).toBe(413);
    },
  },
  {
    name: "Registries SHOULD ignore parameters on the Content-Type header",
    async run(talk) {
      const root = makeBlob(IMAGE.content, `${IMAGE.descriptor.mediaType}; charset=utf-8`);
      await pushAll(talk, IMAGE);

      await expectManifest(talk, await putManifest(talk, root, "latest"), IMAGE);
    },
  },
  {
    name: "A tag moves when another manifest is pushed to it",
    async run(talk) {
      for (const root of [IMAGE, SUBJECT]) {
        await pushAll(talk, root);
        await expectManifest(talk, await putManifest(talk, root, "latest"), root);
      }

      await expectContent(talk, "manifests/latest", SUBJECT.content);
      await expectContent(talk, `manifests/${IMAGE.descriptor.digest}`, IMAGE.content);
    },
  },
];
