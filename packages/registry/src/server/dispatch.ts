import { isDigest, isRepository, isTag } from "@airgap-bundle/core";
import type { Route } from "../routes.ts";
import { type Answer, errorAnswer, jsonAnswer } from "./answer.ts";
import { answerBlob, refuseMethod } from "./blob-endpoints.ts";
import type { Call } from "./call.ts";
import { answerCatalog } from "./catalog-endpoint.ts";
import { answerManifest } from "./manifest-endpoints.ts";
import type { PullBudget } from "./pull-budget.ts";
import { answerReferrers } from "./referrer-endpoints.ts";
import { answerTags } from "./tag-endpoints.ts";
import { answerUpload, answerUploads } from "./upload-endpoints.ts";

/** Gives a request to its endpoint. */
export async function answerCall(call: Call, budget: PullBudget): Promise<Answer> {
  const { route } = call;
  switch (route.kind) {
    case "base":
      return answerBase(call);
    case "blob":
      return await answerBlob({ ...call, route });
    case "manifest": {
      const answer = budget.spend(call.method) ?? (await answerManifest({ ...call, route }));
      return { ...answer, headers: { ...answer.headers, ...budget.headers() } };
    }
    case "tags":
      return await answerTags({ ...call, route });
    case "referrers":
      return await answerReferrers({ ...call, route });
    case "catalog":
      return await answerCatalog({ ...call, route });
    case "uploads":
      return await answerUploads({ ...call, route });
    case "upload":
      return await answerUpload({ ...call, route });
  }
}

/** The refusal of a name that the grammar does not allow; undefined if all are well formed. */
export function checkNames(route: Route, method: string): Answer | undefined {
  if (route.kind === "base" || route.kind === "catalog") return undefined;
  if (!isRepository(route.repository))
    return errorAnswer("NAME_INVALID", "the repository's name is malformed");
  if ((route.kind === "blob" || route.kind === "referrers") && !isDigest(route.digest))
    return errorAnswer("DIGEST_INVALID", "the digest is malformed");
  if (route.kind !== "manifest") return undefined;
  if (method === "PUT" && !(route.tags ?? []).every(isTag))
    return errorAnswer("MANIFEST_INVALID", "a tag is malformed");
  if (isDigest(route.reference) || isTag(route.reference)) return undefined;
  if (route.reference.includes(":")) return errorAnswer("DIGEST_INVALID", "the digest is malformed");
  return method === "PUT"
    ? errorAnswer("MANIFEST_INVALID", "the tag is malformed")
    : errorAnswer("MANIFEST_UNKNOWN", "there can be no such tag");
}

/** end-1: {@link https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#determining-support}. */
function answerBase(call: Call): Answer {
  return call.method === "GET" || call.method === "HEAD"
    ? jsonAnswer(200, {})
    : refuseMethod(call.method, "GET, HEAD");
}
