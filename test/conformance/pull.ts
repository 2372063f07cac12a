import { expect } from "vitest";
import { makeImage } from "../support/images.ts";
import {
  type ConformanceCase,
  digestBy,
  expectAbsent,
  expectContent,
  expectRefusal,
  pushAll,
  pushBlob,
  putManifest,
  type Talk,
} from "./talk.ts";

const IMAGE = makeImage(["layer"]);
const BLOB = Buffer.alloc(2048, "0123456789abcdefgh");
const ABSENT = digestBy("sha256", Buffer.from("absent"));

const REFERENCES = [
  ["a tag", "7.2"],
  ["a digest", IMAGE.descriptor.digest],
] as const;

async function pushImage(talk: Talk): Promise<void> {
  await pushAll(talk, IMAGE);
  const response = await putManifest(talk, IMAGE, "7.2");
  expect(response.status).toBe(201);
}

/** Expects the answer about the image's manifest, without its body. */
function expectManifestHeaders({ status, headers }: Response): void {
  expect(status).toBe(200);
  expect(headers.get("content-type")).toBe(IMAGE.descriptor.mediaType);
  expect(headers.get("content-length")).toBe(`${IMAGE.descriptor.size}`);
  expect(headers.get("docker-content-digest")).toBe(IMAGE.descriptor.digest);
}

/** {@link https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pull} */
export const PULL_CASES: readonly ConformanceCase[] = [
  {
    name: "GET /v2/ answers 200 OK if the registry implements this specification",
    async run(talk) {
      const response = await talk.send("GET", "/v2/");

      expect(response.status).toBe(200);
    },
  },
  ...REFERENCES.map(([what, reference]) => ({
    name: `A GET request to an existing manifest URL MUST provide the expected manifest: ${what}`,
    async run(talk: Talk): Promise<void> {
      await pushImage(talk);

      expectManifestHeaders(await expectContent(talk, `manifests/${reference}`, IMAGE.content));
    },
  })),
  ...REFERENCES.map(([what, reference]) => ({
    name: `A HEAD request to an existing manifest URL MUST return 200 OK: ${what}`,
    async run(talk: Talk): Promise<void> {
      await pushImage(talk);

      const response = await talk.send("HEAD", `manifests/${reference}`);

      expectManifestHeaders(response);
      expect(await response.text()).toBe("");
    },
  })),
  ...["none", ".INVALID_MANIFEST_NAME", ABSENT].map((reference) => ({
    name: `If the manifest is not found in the repository, the response code MUST be 404: ${reference}`,
    async run(talk: Talk): Promise<void> {
      await pushImage(talk);

      await expectAbsent(talk, `manifests/${reference}`);
    },
  })),
  {
    name: "A manifest of a repository that does not exist is answered with 404",
    run: async (talk) => await expectAbsent(talk, `manifests/${ABSENT}`),
  },
  {
    name: "A manifest's digest that is malformed is answered with 400 or 404",
    async run(talk) {
      const response = await talk.send("GET", "manifests/sha256:baddigeststring");

      expect([400, 404]).toContain(response.status);
    },
  },
  {
    name: "If the response body is in JSON format, it MUST be a list of errors with a code",
    async run(talk) {
      await pushImage(talk);

      await expectRefusal(await talk.send("GET", "manifests/none"), [404], ["MANIFEST_UNKNOWN"]);
      await expectRefusal(await talk.send("GET", `blobs/${ABSENT}`), [404], ["BLOB_UNKNOWN"]);
    },
  },
  ...["sha256", "sha512"].map((algorithm) => ({
    name: `A GET request to an existing blob URL MUST provide the expected blob: ${algorithm}`,
    async run(talk: Talk): Promise<void> {
      const digest = await pushBlob(talk, BLOB, algorithm);

      const response = await expectContent(talk, `blobs/${digest}`, BLOB);

      expect(response.headers.get("docker-content-digest")).toBe(digest);
    },
  })),
  {
    name: "A HEAD request to an existing blob URL MUST return 200 OK",
    async run(talk) {
      const digest = await pushBlob(talk, BLOB);

      const { status, headers } = await talk.send("HEAD", `blobs/${digest}`);

      expect(status).toBe(200);
      expect(headers.get("content-length")).toBe(`${BLOB.length}`);
      expect(headers.get("docker-content-digest")).toBe(digest);
    },
  },
  {
    name: "If the blob is not found in the repository, the response code MUST be 404",
    async run(talk) {
      await pushBlob(talk, BLOB);

      await expectAbsent(talk, `blobs/${ABSENT}`);
    },
  },
  ...["", "{}"].map((content) => ({
    name: `A blob may hold ${JSON.stringify(content)}`,
    async run(talk: Talk): Promise<void> {
      const digest = await pushBlob(talk, Buffer.from(content));

      await expectContent(talk, `blobs/${digest}`, Buffer.from(content));
    },
  })),
  ...(
    [
      ["500-1499", 500, 1499],
      ["500-", 500, 2047],
      ["-500", 1548, 2047],
      ["2000-5000", 2000, 2047],
    ] as const
  ).map(([range, first, last]) => ({
    name: `A registry SHOULD support the Range request header: ${range}`,
    async run(talk: Talk): Promise<void> {
      const digest = await pushBlob(talk, BLOB);

      const response = await talk.send("GET", `blobs/${digest}`, { headers: { range: `bytes=${range}` } });

      expect(response.status).toBe(206);
      expect(response.headers.get("content-length")).toBe(`${last - first + 1}`);
      expect(response.headers.get("content-range")).toBe(`bytes ${first}-${last}/2048`);
      expect(await response.text()).toBe(BLOB.subarray(first, last + 1).toString());
    },
  })),
  ...["500-0", "5000-10000"].map((range) => ({
    name: `A range that holds nothing is answered with 416: ${range}`,
    async run(talk: Talk): Promise<void> {
      const digest = await pushBlob(talk, BLOB);

      const response = await talk.send("GET", `blobs/${digest}`, { headers: { range: `bytes=${range}` } });

      expect(response.status).toBe(416);
    },
  })),
];
