import { type AbortOptions, BundleError, isTag, readAll } from "@airgap-bundle/core";
import { z } from "zod";
import { formatRoute } from "../routes.ts";
import { bodyOf } from "./body.ts";
import { nextPage } from "./link.ts";
import { nameOf, pullScopes, type Remote } from "./remote.ts";
import { headerOf } from "./response.ts";

/** Amazon ECR refuses more. */
const TAGS_PER_PAGE = 1000;
/** Ten million tags: a list that does not end by then never will. */
const MAX_PAGES = 10_000;
const MAX_PAGE_SIZE = 16 * 1024 * 1024;

const TagsDocument = z.object({ tags: z.array(z.string()).nullish() });

/**
 * Every tag of a repository, page by page, each once; what is no tag is left out:
 * {@link https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#listing-tags}.
 */
export async function* listTags(remote: Remote, { signal }: AbortOptions): AsyncGenerator<string> {
  const seen = new Set<string>();
  let url: string | undefined = formatRoute({ kind: "tags", repository: remote.path, count: TAGS_PER_PAGE });
  for (let page = 0; url !== undefined && page < MAX_PAGES; page++) {
    const before = seen.size;
    const { tags, next } = await readTagPage(remote, url, signal);
    for (const tag of tags) {
      if (seen.has(tag)) continue;
      seen.add(tag);
      // Artifactory lists digests among the tags.
      if (isTag(tag)) yield tag;
    }
    // A registry that ignores the link's place would go round for ever.
    if (seen.size === before) return;
    url = next;
  }
}

async function readTagPage(
  remote: Remote,
  url: string,
  signal: AbortSignal | undefined,
): Promise<{ readonly tags: readonly string[]; readonly next: string | undefined }> {
  const what = `list the tags of ${nameOf(remote)}`;
  remote.onRequest?.("listTags");
  const response = await remote.transport.send({
    method: "GET",
    url,
    scopes: pullScopes(remote),
    expected: [200],
    what,
    signal,
  });
  const content = await readAll(bodyOf(response, what, signal), MAX_PAGE_SIZE);
  const document = TagsDocument.safeParse(parseJson(content, what));
  if (!document.success)
    throw new BundleError("REGISTRY_FAILED", `Cannot ${what}: the answer is not a list of tags`);
  const origin = await remote.transport.origin();
  return { tags: document.data.tags ?? [], next: nextPage(headerOf(response, "link"), `${origin}${url}`) };
}

function parseJson(content: Uint8Array, what: string): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(content));
  } catch (cause) {
    throw new BundleError("REGISTRY_FAILED", `Cannot ${what}: the answer is not JSON`, {
      cause,
      hint: "Check that the host is a registry, not its web page",
    });
  }
}
