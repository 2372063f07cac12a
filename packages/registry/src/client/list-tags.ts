import { BundleError, isTag, type ListTagsOptions } from "@airgap-bundle/core";
import * as z from "zod";
import { formatRoute } from "../routes.ts";
import { collectBody } from "./body.ts";
import { nextPageOf } from "./next-page.ts";
import { readJson } from "./read-json.ts";
import { nameOf, pullScopes, type Remote } from "./remote.ts";
import { MAX_PAGE_SIZE } from "./repository-page.ts";

/** Amazon ECR refuses more. */
const TAGS_PER_PAGE = 1000;
/** A list that has not ended by then never will. */
const MAX_PAGES = 10_000;
const MAX_TAGS = 1_000_000;
/** In a row: a registry may filter a page after it has cut it, but not for ever. */
const MAX_PAGES_WITHOUT_TAGS = 20;
/** More of a name that is no tag helps nobody. */
const MAX_EXAMPLE_LENGTH = 80;

const TagsDocument = z.object({ tags: z.array(z.string()).nullish() });

/** Names that are no tags; only one of them is shown. */
interface OtherNames {
  readonly count: number;
  readonly example: string;
}

interface TagPage {
  readonly tags: readonly string[];
  /** Names that the grammar of tags refuses. */
  readonly others: readonly string[];
  readonly next: string | undefined;
}

/**
 * Every tag of a repository, page by page, each once:
 * {@link https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#listing-tags}. What is no tag is left
 * out, and a list that turns in a circle ends where it does; both are told.
 *
 * @throws `REGISTRY_FAILED` for what is no list of tags, or a list without end
 */
export async function* listTags(
  remote: Remote,
  { signal, onIncomplete }: ListTagsOptions,
): AsyncGenerator<string> {
  const seen = new Set<string>();
  let others: OtherNames = { count: 0, example: "" };
  let url: string | undefined = formatRoute({ kind: "tags", repository: remote.path, count: TAGS_PER_PAGE });
  let pagesWithoutTags = 0;
  for (let pages = 1; url !== undefined; pages++) {
    const page: TagPage = await readTagPage(remote, url, signal);
    const fresh = new Set(page.tags.filter((tag) => !seen.has(tag)));
    for (const tag of fresh) seen.add(tag);
    if (pages > MAX_PAGES || seen.size > MAX_TAGS) throw endless(remote, pages, seen.size);
    yield* fresh;
    const [example = ""] = page.others;
    others = { count: others.count + page.others.length, example: others.example || example };
    url = page.next;
    pagesWithoutTags = page.tags.length === 0 ? pagesWithoutTags + 1 : 0;
    const isCircle = page.tags.length > 0 && fresh.size === 0;
    if (url !== undefined && (isCircle || pagesWithoutTags === MAX_PAGES_WITHOUT_TAGS)) {
      warnIncomplete(remote, pages, isCircle);
      onIncomplete?.();
      break;
    }
  }
  warnOthers(remote, others);
}

async function readTagPage(remote: Remote, url: string, signal: AbortSignal | undefined): Promise<TagPage> {
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
  const content = await collectBody(response, { what, maxSize: MAX_PAGE_SIZE, signal });
  const names = readJson(content, TagsDocument, what).tags ?? [];
  return {
    tags: names.filter(isTag),
    others: names.filter((name) => !isTag(name)),
    next: await nextPageOf(response, url, remote),
  };
}

function endless(remote: Remote, pages: number, tags: number): BundleError {
  return new BundleError(
    "REGISTRY_FAILED",
    `Cannot list the tags of ${nameOf(remote)}: the list does not end after ${pages} pages and ${tags} tags`,
    { hint: "Name the tags in the selection instead of a filter" },
  );
}

/** A registry that ignores the place that its own link names, as some proxies do. */
function warnIncomplete(remote: Remote, pages: number, isCircle: boolean): void {
  const what = isCircle ? "only repeats what came before" : "holds no tag again";
  remote.warn(
    "TAGS_INCOMPLETE",
    `The list of the tags of ${nameOf(remote)} may be incomplete: page ${pages} ${what} and yet names a further page`,
  );
}

/** Artifactory lists digests among the tags. */
function warnOthers(remote: Remote, { count, example }: OtherNames): void {
  if (count === 0) return;
  const shown = JSON.stringify(example.slice(0, MAX_EXAMPLE_LENGTH));
  remote.warn(
    "TAGS_MALFORMED",
    `${count} of the names that ${nameOf(remote)} lists are no tags and are left out: ${shown}${count > 1 ? " and others" : ""}`,
  );
}
