import { digestOf, MEDIA_TYPES } from "@airgap-bundle/core";
import { expect } from "vitest";
import { makeImage } from "../support/images.ts";
import { makeArtifact, SUBJECT } from "./shapes.ts";
import {
  type ConformanceCase,
  expectAbsent,
  expectContent,
  expectRefusal,
  pushAll,
  pushBlob,
  putManifest,
  type Talk,
} from "./talk.ts";

const IMAGE = makeImage(["layer"]);
const { digest } = IMAGE.descriptor;
const ABSENT = digestOf("absent");

async function pushImage(talk: Talk, tags: readonly string[]): Promise<void> {
  await pushAll(talk, IMAGE);
  for (const tag of tags) await putManifest(talk, IMAGE, tag);
}

async function expectDeleted(talk: Talk, path: string): Promise<void> {
  const response = await talk.send("DELETE", path);
  expect(response.status).toBe(202);
  await expectAbsent(talk, path);
}

async function expectTags(talk: Talk, tags: readonly string[]): Promise<void> {
  const response = await talk.send("GET", "tags/list");
  expect(response.status).toBe(200);
  expect(await response.json()).toEqual({ name: talk.repository, tags });
}

/** {@link https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#content-management} */
export const MANAGEMENT_CASES: readonly ConformanceCase[] = [
  {
    name: "Upon deletion of a tag, the registry MUST respond with 202 Accepted, and the manifest stays",
    async run(talk) {
      await pushImage(talk, ["7", "7.2"]);

      await expectDeleted(talk, "manifests/7");

      await expectTags(talk, ["7.2"]);
      await expectContent(talk, "manifests/7.2", IMAGE.content);
      await expectContent(talk, `manifests/${digest}`, IMAGE.content);
    },
  },
  {
    name: "Once a manifest is deleted, a GET to any tag pointing to it will return 404",
    async run(talk) {
      await pushImage(talk, ["7", "7.2"]);
      await pushAll(talk, SUBJECT);
      await putManifest(talk, SUBJECT, "8");

      await expectDeleted(talk, `manifests/${digest}`);

      for (const tag of ["7", "7.2"]) await expectAbsent(talk, `manifests/${tag}`);
      await expectTags(talk, ["8"]);
    },
  },
  {
    name: "A manifest that is deleted is no referrer any more",
    async run(talk) {
      const signature = makeArtifact("signature", { subject: SUBJECT.descriptor });
      await pushAll(talk, signature);

      await expectDeleted(talk, `manifests/${signature.descriptor.digest}`);

      const response = await talk.send("GET", `referrers/${SUBJECT.descriptor.digest}`);
      const mediaType = MEDIA_TYPES.ociIndex;
      expect(await response.json()).toEqual({ schemaVersion: 2, mediaType, manifests: [] });
    },
  },
  {
    name: "Upon deletion of a blob, the registry MUST respond with 202 Accepted",
    async run(talk) {
      const blob = await pushBlob(talk, Buffer.from("deleted"));

      await expectDeleted(talk, `blobs/${blob}`);
    },
  },
  {
    name: "A blob that is deleted stays in other repositories",
    async run(talk) {
      const content = Buffer.from("shared");
      const blob = await pushBlob(talk, content);
      await talk.send(
        "POST",
        `/v2/${talk.otherRepository}/blobs/uploads/?mount=${blob}&from=${talk.repository}`,
      );

      await expectDeleted(talk, `blobs/${blob}`);

      await expectContent(talk, `/v2/${talk.otherRepository}/blobs/${blob}`, content);
    },
  },
  {
    name: "What is deleted can be pushed again",
    async run(talk) {
      await pushImage(talk, ["7"]);
      await expectDeleted(talk, `manifests/${digest}`);
      for (const { descriptor } of IMAGE.blobs) await expectDeleted(talk, `blobs/${descriptor.digest}`);

      await pushImage(talk, ["7"]);

      await expectContent(talk, "manifests/7", IMAGE.content);
    },
  },
  {
    name: "The tags of a repository whose last manifest is deleted are an empty list",
    async run(talk) {
      await pushImage(talk, ["7"]);

      await expectDeleted(talk, `manifests/${digest}`);

      await expectTags(talk, []);
    },
  },
  ...(
    [
      ["manifests/none", "MANIFEST_UNKNOWN"],
      [`manifests/${ABSENT}`, "MANIFEST_UNKNOWN"],
      [`blobs/${ABSENT}`, "BLOB_UNKNOWN"],
    ] as const
  ).map(([path, code]) => ({
    name: `Deletion of what is not there is answered with 404: ${path}`,
    async run(talk: Talk): Promise<void> {
      await pushImage(talk, ["7"]);

      await expectRefusal(await talk.send("DELETE", path), [404], [code]);
    },
  })),
  {
    name: "Deletion in a repository that does not exist is answered with 404",
    async run(talk) {
      for (const path of [`manifests/${ABSENT}`, `blobs/${ABSENT}`]) {
        const response = await talk.send("DELETE", path);
        expect(response.status).toBe(404);
      }
    },
  },
];
