import { describe, expect, test } from "vitest";
import type { Purpose } from "./answer-error.ts";
import { explainRefusal } from "./refusals.ts";
import { readWords } from "./registry-words.ts";

function explain(purpose: Purpose, status: number, body: string): ReturnType<typeof explainRefusal> {
  const { codes, message = "" } = readWords(body);
  return explainRefusal({ purpose, status, codes, message });
}

function errors(code: string, message: string, detail?: unknown): string {
  return JSON.stringify({ errors: [{ code, message, detail }] });
}

const IMMUTABLE = /the tag is there with other content/;
const QUOTA = /its quota is used up/;
const READ_ONLY = /read-only/;

describe("explainRefusal()", () => {
  test.each<[string, Purpose, number, string, RegExp, RegExp]>([
    [
      "row 73: an immutable tag of Harbor",
      "push-manifest",
      412,
      errors("PRECONDITION", "Failed to process request due to 'app:1' configured as immutable."),
      IMMUTABLE,
      /another tag/,
    ],
    [
      "an immutable tag of ECR",
      "push-manifest",
      400,
      errors(
        "TAG_INVALID",
        "The image tag '1' already exists in the 'app' repository and cannot be overwritten because the repository is immutable.",
      ),
      IMMUTABLE,
      /another tag/,
    ],
    [
      "an immutable tag of Quay",
      "push-manifest",
      409,
      errors("TAG_IMMUTABLE", "tag is read-only"),
      IMMUTABLE,
      /./,
    ],
    [
      "an immutable tag of Nexus",
      "push-manifest",
      400,
      "Repository does not allow updating assets: docker-hosted",
      IMMUTABLE,
      /another tag/,
    ],
    [
      "a quota of Harbor",
      "push-manifest",
      403,
      errors(
        "DENIED",
        "adding 3.5 MiB of storage resource, which when updated to current usage of 9.9 GiB will exceed the configured upper limit of 10.0 GiB.",
      ),
      QUOTA,
      /quota raised/,
    ],
    [
      "a quota of Quay",
      "start-upload",
      403,
      errors("DENIED", "Quota has been exceeded on namespace"),
      QUOTA,
      /./,
    ],
    ["a full disk", "send-blob", 507, "", /no room left/, /Make room/],
    [
      "a proxy-cache project of Harbor",
      "push-manifest",
      403,
      errors("DENIED", "can not push artifact to a proxy project: library/app"),
      /a cache of another registry/,
      /--to/,
    ],
    [
      "Harbor in read-only mode",
      "start-upload",
      403,
      errors("DENIED", "The system is in read only mode."),
      READ_ONLY,
      /ended/,
    ],
    [
      "Quay in read-only mode",
      "start-upload",
      405,
      errors("DENIED", "System is currently read-only."),
      READ_ONLY,
      /ended/,
    ],
    ["docker's registry in maintenance", "start-upload", 405, "Method not allowed\n", READ_ONLY, /--to/],
    [
      "row 71: a project that Harbor does not have, as 401",
      "start-upload",
      401,
      errors("UNAUTHORIZED", "project mirror not found: project mirror not found"),
      /project does not exist/,
      /Create the project/,
    ],
    [
      "a project that Harbor does not have, as 404",
      "start-upload",
      404,
      errors("NOT_FOUND", "project mirror not found"),
      /project does not exist/,
      /Create the project/,
    ],
    [
      "a repository that ECR does not have",
      "start-upload",
      404,
      errors(
        "NAME_UNKNOWN",
        "The repository with name 'team/app' does not exist in the registry with id '123456789012'",
      ),
      /repository does not exist/,
      /create-repository/,
    ],
    [
      "a repository that Artifact Registry does not have",
      "start-upload",
      404,
      errors("NAME_UNKNOWN", 'Repository "mirror" not found'),
      /does not exist there/,
      /gcloud artifacts/,
    ],
    [
      "what Artifact Registry does not allow",
      "start-upload",
      403,
      errors("DENIED", 'Permission "artifactregistry.repositories.uploadArtifacts" denied on resource "x"'),
      /may not be written/,
      /gcloud artifacts/,
    ],
    [
      "a project that is unknown",
      "start-upload",
      404,
      errors("NAME_UNKNOWN", "repository name not known"),
      /does not exist/,
      /--to/,
    ],
    [
      "GitLab without the project",
      "start-upload",
      403,
      errors("DENIED", "requested access to the resource is denied"),
      /or does not exist/,
      /Check that the project exists/,
    ],
    [
      "row 75: Docker's types at zot",
      "push-manifest",
      415,
      errors("MANIFEST_INVALID", "manifest invalid"),
      /media type/,
      /docker2s2/,
    ],
    [
      "row 76: a manifest too large for docker's registry",
      "push-manifest",
      400,
      errors("MANIFEST_INVALID", "manifest invalid", "http: request body too large"),
      /manifest is larger/,
      /fewer platforms/,
    ],
    ["a manifest too large for zot", "push-manifest", 413, "", /manifest is larger/, /client_max_body_size/],
    [
      "a missing blob at docker's registry",
      "push-manifest",
      400,
      errors("MANIFEST_BLOB_UNKNOWN", "blob unknown to registry", `sha256:${"1".repeat(64)}`),
      /lacks content/,
      /Run it again/,
    ],
    [
      "a layer with a URL at docker's registry",
      "push-manifest",
      500,
      JSON.stringify({
        errors: [
          { code: "UNKNOWN", message: "unknown error" },
          { code: "UNKNOWN", message: "unknown error", detail: {} },
          {
            code: "MANIFEST_BLOB_UNKNOWN",
            message: "blob unknown to registry",
            detail: `sha256:${"1".repeat(64)}`,
          },
        ],
      }),
      /does not like its URL/,
      /validation\.manifests\.urls\.allow/,
    ],
    [
      "content changed on its way",
      "send-blob",
      400,
      errors("DIGEST_INVALID", "provided digest did not match uploaded content"),
      /another digest/,
      /proxy/,
    ],
    [
      "the body limit of nginx",
      "send-blob",
      413,
      "<html><head><title>413 Request Entity Too Large</title></head></html>",
      /takes no request of this size/,
      /--chunk-size/,
    ],
    [
      "a lost session",
      "send-blob",
      404,
      errors("BLOB_UPLOAD_INVALID", "blob upload invalid"),
      /lost the upload/,
      /http\.secret/,
    ],
    ["a lost session without words", "send-blob", 404, "", /lost the upload/, /http\.secret/],
  ])("knows %s", (_what, purpose, status, body, says, hint) => {
    const meaning = explain(purpose, status, body);

    expect(meaning?.says).toMatch(says);
    expect(meaning?.hint).toMatch(hint);
  });

  test.each<[string, Purpose, number, string, string]>([
    ["no room is no failure that passes", "send-blob", 507, "", "REGISTRY_FAILED"],
    ["a body limit is no integrity problem", "send-blob", 413, "", "REGISTRY_FAILED"],
    [
      "a lost session is no missing repository",
      "send-blob",
      404,
      errors("NAME_UNKNOWN", ""),
      "BLOB_UPLOAD_UNKNOWN",
    ],
    [
      "a missing project is no failed login",
      "start-upload",
      401,
      errors("UNAUTHORIZED", "project a not found"),
      "NAME_UNKNOWN",
    ],
  ])("tells by its code that %s", (_what, purpose, status, body, code) => {
    expect(explain(purpose, status, body)?.code).toBe(code);
  });

  test.each<[string, Purpose, number, string]>([
    ["a failure that passes", "push-manifest", 500, errors("UNKNOWN", "unknown error")],
    ["a pull limit, which speaks of a quota too", "read-manifest", 429, "quota exceeded"],
    ["a refused read", "read", 403, errors("DENIED", "requested access to the resource is denied")],
    [
      "a manifest of an unknown kind",
      "push-manifest",
      400,
      errors("MANIFEST_INVALID", "manifest invalid", {}),
    ],
    [
      "an upload method that is not known",
      "send-blob",
      405,
      errors("UNSUPPORTED", "The operation is unsupported."),
    ],
  ])("has nothing to add to %s", (_what, purpose, status, body) => {
    expect(explain(purpose, status, body)).toBeUndefined();
  });
});

test.each<[string, Purpose, number, string, "repository" | "registry" | undefined]>([
  ["docker's registry in maintenance", "start-upload", 405, "", "registry"],
  [
    "Harbor in read-only mode",
    "send-blob",
    403,
    errors("DENIED", "The system is in read only mode."),
    "registry",
  ],
  ["a read-only repository", "push-manifest", 405, "Repository docker-hosted is read only", "repository"],
  ["a quota of Quay", "start-upload", 403, errors("DENIED", "Quota has been exceeded"), "repository"],
  ["a full disk", "send-blob", 507, "", "repository"],
  ["a missing right", "start-upload", 403, errors("DENIED", "denied"), undefined],
  ["a chunk that is refused", "send-blob", 405, "", undefined],
])("explainRefusal() knows how much %s stops", (_what, purpose, status, body, stops) => {
  expect(explain(purpose, status, body)?.stops).toBe(stops);
});
