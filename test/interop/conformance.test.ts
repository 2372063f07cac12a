import { afterAll, beforeAll, expect, test } from "vitest";
import { DISCOVERY_CASES } from "../conformance/discovery.ts";
import { MANAGEMENT_CASES } from "../conformance/management.ts";
import { PULL_CASES } from "../conformance/pull.ts";
import { PUSH_BLOB_CASES } from "../conformance/push-blobs.ts";
import { PUSH_MANIFEST_CASES } from "../conformance/push-manifests.ts";
import { openTalk } from "../conformance/talk.ts";
import { describePeers } from "../peers/describe-peers.ts";
import { type DockerRegistry, startDockerRegistry } from "../peers/docker-registry.ts";

/** In what docker-registry 2.8.2 differs, and why. */
const DIFFERENCES: Readonly<Record<string, readonly string[]>> = {
  "Its canonical digests are sha256, and it names those in its answers": [
    "A GET request to an existing blob URL MUST provide the expected blob: sha512",
    "A blob is pushed with a POST and a PUT request: sha512",
    "A blob is pushed with a streamed PATCH request: sha512",
    "The final chunk MAY be uploaded using a PATCH request: sha512",
    "The final chunk MAY be uploaded in the closing PUT request: sha512",
    "The POST request MAY name the digest's algorithm with digest-algorithm",
    "A manifest and its blobs may have sha512 digests",
    "A manifest that is pushed by digest is tagged with the tag query parameters",
  ],
  "It opens a session where a POST request brings the whole blob, as the spec allows": [
    "A blob is pushed with a single POST request: sha256",
    "The digest MUST match the blob's digest: a single POST request: sha256",
    "A blob is pushed with a single POST request: sha512",
    "The digest MUST match the blob's digest: a single POST request: sha512",
  ],
  "It takes chunks that are out of order": [
    "If a chunk is uploaded out of order, the registry MUST respond with 416",
  ],
  "It knows nothing of the spec's next version": [
    "An algorithm that is not supported is answered with 400",
    "A malformed tag query parameter is answered with 400, and nothing is stored",
  ],
  "It mounts from the repository that is named alone, as the spec allows": [
    "The registry MAY treat the from parameter as optional",
  ],
  "It wants nondistributable layers that its configuration does not allow to be elsewhere": [
    "The registry MUST store the manifest in the exact byte representation: an image with nondistributable layers under a tag",
    "The registry MUST store the manifest in the exact byte representation: an image with nondistributable layers under its digest",
  ],
  "It knows no referrers": [
    "The registry MUST return OCI-Subject for a subject that is there: application/vnd.oci.image.manifest.v1+json",
    "The registry MUST return OCI-Subject for a subject that is missing: application/vnd.oci.image.manifest.v1+json",
    "The registry MUST return OCI-Subject for a subject that is there: application/vnd.oci.image.index.v1+json",
    "The registry MUST return OCI-Subject for a subject that is missing: application/vnd.oci.image.index.v1+json",
    "The referrers of a subject that nobody speaks of are an empty list",
    "Each descriptor MUST be of a manifest whose subject is the digest, with artifactType and annotations",
    "Referrers are listed whether they come before their subject or it never comes",
    "If filtering is applied, the response MUST include OCI-Filters-Applied: application/vnd.example.conformance.v1",
    "If filtering is applied, the response MUST include OCI-Filters-Applied: application/vnd.oci.image.config.v1+json",
    "If filtering is applied, the response MUST include OCI-Filters-Applied: application/vnd.example.nothing",
    "A digest of invalid syntax MUST be answered with 400",
    "A manifest that is deleted is no referrer any more",
  ],
  "It lists tags in no order and all at once, null if there is none, and forgets a repository without tags": [
    "The list of tags MUST be in lexical order",
    "The list of tags MAY be empty",
    "The number of tags is limited by n",
    "When n is zero, the list MUST be empty and there MUST NOT be a Link header",
    "A Link header leads to the tags that are left",
    "The tags begin after last, which itself is not among them",
    "A number of tags that is none is answered with 400: many",
    "A number of tags that is none is answered with 400: -1",
    "The tags of a repository whose last manifest is deleted are an empty list",
  ],
  "It deletes by digest alone": [
    "Upon deletion of a tag, the registry MUST respond with 202 Accepted, and the manifest stays",
    "Deletion of what is not there is answered with 404: manifests/none",
  ],
  "Its refusals have other statuses and codes": [
    "A manifest's digest that is malformed is answered with 400 or 404",
    "A manifest is refused if its digest is malformed",
    "A manifest is refused if its tag is malformed",
    "A manifest beyond the limit is answered with 413 Payload Too Large",
  ],
};
const NAMES = Object.values(DIFFERENCES).flat();
const CASES = [
  ...PULL_CASES,
  ...PUSH_BLOB_CASES,
  ...PUSH_MANIFEST_CASES,
  ...DISCOVERY_CASES,
  ...MANAGEMENT_CASES,
];

describePeers(["docker-registry"], "the conformance cases put to docker-registry", () => {
  let registry: DockerRegistry;

  beforeAll(async () => {
    registry = await startDockerRegistry({ canDelete: true });
  });

  afterAll(async () => {
    await registry.close();
  });

  for (const { name, run } of CASES) {
    // What no longer differs makes the test fail, so that the list above stays true.
    const fails = NAMES.includes(name);
    test(name, { fails }, async () => await run(openTalk(`http://${registry.host}`)));
  }

  test("every difference is a case", () => {
    const names = CASES.map(({ name }) => name);

    expect(NAMES.filter((name) => !names.includes(name))).toEqual([]);
  });
});
