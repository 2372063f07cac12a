import { MEDIA_TYPES } from "@airgap-bundle/core";
import { type Answer, jsonAnswer } from "./answer.ts";
import { refuseMethod } from "./blob-endpoints.ts";
import type { Call, RouteOf } from "./call.ts";

/**
 * end-12a and end-12b, all on one page:
 * {@link https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#listing-referrers}.
 */
export async function answerReferrers(call: Call<RouteOf<"referrers">>): Promise<Answer> {
  const { repository, digest, artifactType } = call.route;
  const { referrersStatus } = call.quirks;
  if (referrersStatus !== undefined) return answerWithoutApi(referrersStatus);
  if (call.method !== "GET" && call.method !== "HEAD") return refuseMethod(call.method, "GET, HEAD");
  const all = await call.store.openRepository(repository).listReferrers(digest, { signal: call.signal });
  const manifests =
    artifactType === undefined ? all : all.filter((referrer) => referrer.artifactType === artifactType);
  return jsonAnswer(
    200,
    { schemaVersion: 2, mediaType: MEDIA_TYPES.ociIndex, manifests },
    {
      "content-type": MEDIA_TYPES.ociIndex,
      ...(artifactType === undefined ? {} : { "oci-filters-applied": "artifactType" }),
    },
  );
}

function answerWithoutApi(status: number): Answer {
  const isPage = status === 200;
  const body = Buffer.from(isPage ? "<html></html>" : `${status} page not found\n`);
  const type = isPage ? "text/html" : "text/plain; charset=utf-8";
  return { status, headers: { "content-type": type, "content-length": `${body.length}` }, body };
}
