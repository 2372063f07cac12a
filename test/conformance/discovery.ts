import { digestOf, MEDIA_TYPES } from "@airgap-bundle/core";
import { expect } from "vitest";
import { type MadeManifest, makeImage, makeIndex } from "../support/images.ts";
import { ARTIFACT_TYPE, makeArtifact, SUBJECT } from "./shapes.ts";
import { type ConformanceCase, expectRefusal, pushAll, pushBlob, putManifest, type Talk } from "./talk.ts";

const IMAGE = makeImage(["layer"]);
/** In their order, which is that of their bytes. */
const TAGS = ["1.10", "1.9", "A", "_", "b", "test0"];

async function pushTags(talk: Talk): Promise<void> {
  await pushAll(talk, IMAGE);
  for (const tag of TAGS.toReversed()) await putManifest(talk, IMAGE, tag);
}

async function expectTags(talk: Talk, query: string, tags: readonly string[]): Promise<Response> {
  const response = await talk.send("GET", `tags/list${query}`);
  expect(response.status).toBe(200);
  expect(await response.json()).toEqual({ name: talk.repository, tags });
  return response;
}

/** Where the `Link` of an answer leads. */
function nextOf(response: Response): string | undefined {
  const [, target] = /^<([^>]+)>; *rel="?next"?$/.exec(response.headers.get("link") ?? "") ?? [];
  return target === undefined ? undefined : new URL(target, response.url).href;
}

const TAG_CASES: readonly ConformanceCase[] = [
  {
    name: "The list of tags MUST be in lexical order",
    async run(talk) {
      await pushTags(talk);

      const response = await expectTags(talk, "", TAGS);

      expect(nextOf(response)).toBeUndefined();
    },
  },
  {
    name: "The list of tags MAY be empty",
    async run(talk) {
      await pushAll(talk, IMAGE);

      await expectTags(talk, "", []);
    },
  },
  {
    name: "The tags of a repository that does not exist are answered with 404",
    run: async (talk) => await expectRefusal(await talk.send("GET", "tags/list"), [404], ["NAME_UNKNOWN"]),
  },
  {
    name: "The number of tags is limited by n",
    async run(talk) {
      await pushTags(talk);

      await expectTags(talk, "?n=2", ["1.10", "1.9"]);
      expect(nextOf(await expectTags(talk, "?n=100", TAGS))).toBeUndefined();
    },
  },
  {
    name: "When n is zero, the list MUST be empty and there MUST NOT be a Link header",
    async run(talk) {
      await pushTags(talk);

      const response = await expectTags(talk, "?n=0", []);

      expect(response.headers.get("link")).toBeNull();
    },
  },
  {
    name: "A Link header leads to the tags that are left",
    async run(talk) {
      await pushTags(talk);

      const found: unknown[] = [];
      let page: string | undefined = "tags/list?n=4";
      while (page !== undefined) {
        const response: Response = await talk.send("GET", page);
        found.push(...((await response.json()) as { readonly tags: readonly unknown[] }).tags);
        page = nextOf(response);
      }

      expect(found).toEqual(TAGS);
    },
  },
  {
    name: "The tags begin after last, which itself is not among them",
    async run(talk) {
      await pushTags(talk);

      await expectTags(talk, "?last=A", ["_", "b", "test0"]);
      await expectTags(talk, "?n=1&last=A", ["_"]);
      await expectTags(talk, "?last=Z", ["_", "b", "test0"]);
      await expectTags(talk, "?last=z", []);
    },
  },
  ...["many", "-1"].map((n) => ({
    name: `A number of tags that is none is answered with 400: ${n}`,
    async run(talk: Talk): Promise<void> {
      await pushTags(talk);

      const response = await talk.send("GET", `tags/list?n=${n}`);

      expect(response.status).toBe(400);
    },
  })),
];

const CATALOG_CASES: readonly ConformanceCase[] = [
  {
    name: "The catalog lists the repositories in lexical order, page by page",
    async run(talk) {
      const digest = await pushBlob(talk, Buffer.from("{}"));
      const query = `mount=${digest}&from=${talk.repository}`;
      await talk.send("POST", `/v2/${talk.otherRepository}/blobs/uploads/?${query}`);
      const before = talk.repository.replace(/a$/, "");

      const first = await talk.send("GET", `/v2/_catalog?n=1&last=${before}`);
      const second = await talk.send("GET", nextOf(first) ?? "");

      expect(await first.json()).toEqual({ repositories: [talk.repository] });
      expect(await second.json()).toEqual({ repositories: [talk.otherRepository] });
    },
  },
];

const BY_CONFIG = makeImage(["sbom"], "linux/amd64", {
  subject: SUBJECT.descriptor,
  annotations: { a: "b" },
});
const BY_TYPE = makeArtifact("signature", { subject: SUBJECT.descriptor, annotations: { by: "us" } });
const INDEX = makeIndex([], { subject: SUBJECT.descriptor });
/** In the order of their digests. */
const REFERRERS = [
  { ...BY_CONFIG.descriptor, artifactType: MEDIA_TYPES.ociConfig, annotations: { a: "b" } },
  { ...BY_TYPE.descriptor, artifactType: ARTIFACT_TYPE, annotations: { by: "us" } },
  INDEX.descriptor,
].sort((a, b) => (a.digest < b.digest ? -1 : 1));

async function expectReferrers(talk: Talk, query: string, manifests: readonly object[]): Promise<Response> {
  const response = await talk.send("GET", `referrers/${query}`);
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toBe(MEDIA_TYPES.ociIndex);
  const document: unknown = await response.json();
  expect(document).toEqual({ schemaVersion: 2, mediaType: MEDIA_TYPES.ociIndex, manifests });
  return response;
}

async function pushReferrers(talk: Talk, roots: readonly MadeManifest[]): Promise<void> {
  for (const root of roots) await pushAll(talk, root);
}

const REFERRER_CASES: readonly ConformanceCase[] = [
  {
    name: "The referrers of a subject that nobody speaks of are an empty list",
    async run(talk) {
      await expectReferrers(talk, digestOf("nothing"), []);
      await pushAll(talk, SUBJECT);
      await expectReferrers(talk, SUBJECT.descriptor.digest, []);
    },
  },
  {
    name: "Each descriptor MUST be of a manifest whose subject is the digest, with artifactType and annotations",
    async run(talk) {
      await pushReferrers(talk, [SUBJECT, IMAGE, INDEX, BY_TYPE, BY_CONFIG]);

      await expectReferrers(talk, SUBJECT.descriptor.digest, REFERRERS);
    },
  },
  {
    name: "Referrers are listed whether they come before their subject or it never comes",
    async run(talk) {
      await pushReferrers(talk, [BY_CONFIG, INDEX, BY_TYPE]);
      await expectReferrers(talk, SUBJECT.descriptor.digest, REFERRERS);

      await pushAll(talk, SUBJECT);
      await expectReferrers(talk, SUBJECT.descriptor.digest, REFERRERS);
    },
  },
  ...[ARTIFACT_TYPE, MEDIA_TYPES.ociConfig, "application/vnd.example.nothing"].map((type) => ({
    name: `If filtering is applied, the response MUST include OCI-Filters-Applied: ${type}`,
    async run(talk: Talk): Promise<void> {
      await pushReferrers(talk, [INDEX, BY_TYPE, BY_CONFIG]);
      const expected = REFERRERS.filter((it) => "artifactType" in it && it.artifactType === type);

      const query = `${SUBJECT.descriptor.digest}?artifactType=${encodeURIComponent(type)}`;
      const { headers } = await expectReferrers(talk, query, expected);

      expect(headers.get("oci-filters-applied")).toBe("artifactType");
    },
  })),
  {
    name: "A digest of invalid syntax MUST be answered with 400",
    run: async (talk) =>
      await expectRefusal(await talk.send("GET", "referrers/sha256:x"), [400], ["DIGEST_INVALID"]),
  },
];

/** {@link https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#content-discovery} */
export const DISCOVERY_CASES: readonly ConformanceCase[] = [
  ...TAG_CASES,
  ...CATALOG_CASES,
  ...REFERRER_CASES,
];
