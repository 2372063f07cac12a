import {
  type AbortOptions,
  BundleError,
  isDigest,
  MAX_MANIFEST_SIZE,
  type Referrer,
  readAll,
} from "@airgap-bundle/core";
import { z } from "zod";
import { formatRoute } from "../routes.ts";
import { bodyOf } from "./body.ts";
import { nameOf, pullScopes, type Remote } from "./remote.ts";
import { discard } from "./response.ts";

const ReferrerDocument = z.object({
  mediaType: z.string().max(255),
  digest: z.string().refine(isDigest),
  size: z.int().nonnegative(),
  artifactType: z.string().exactOptional(),
  annotations: z.record(z.string(), z.string()).exactOptional(),
});

const ReferrersDocument = z.object({ manifests: z.array(ReferrerDocument) });

/**
 * What the referrers API knows of a manifest; none where there is no such API:
 * {@link https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#listing-referrers}.
 */
export async function listReferrers(
  remote: Remote,
  digest: string,
  { signal }: AbortOptions,
): Promise<readonly Referrer[]> {
  const what = `list the referrers of ${digest} in ${nameOf(remote)}`;
  const response = await remote.transport.send({
    method: "GET",
    url: formatRoute({ kind: "referrers", repository: remote.path, digest }),
    scopes: pullScopes(remote),
    expected: [200, 404],
    what,
    signal,
  });
  if (response.statusCode === 404) {
    await discard(response);
    return [];
  }
  const content = await readAll(bodyOf(response, what, signal), MAX_MANIFEST_SIZE);
  return parseReferrers(content, what);
}

function parseReferrers(content: Uint8Array, what: string): readonly Referrer[] {
  try {
    const document: unknown = JSON.parse(new TextDecoder().decode(content));
    return ReferrersDocument.parse(document).manifests;
  } catch (cause) {
    throw new BundleError("REGISTRY_FAILED", `Cannot ${what}: the answer is not a list of referrers`, {
      cause,
    });
  }
}
