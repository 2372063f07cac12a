import { type AbortOptions, BundleError, isBundleError, type RepositoryList } from "@airgap-bundle/core";
import * as z from "zod";
import { formatRoute } from "../routes.ts";
import { collectBody } from "./body.ts";
import { nextPageOf } from "./next-page.ts";
import { readJson } from "./read-json.ts";
import type { Remote } from "./remote.ts";
import { collectRepositories, MAX_PAGE_SIZE, type ReadPage, readPages } from "./repository-page.ts";
import { discard } from "./response.ts";

/** What dregsy asks for, so that a limit ends a list where it does there. */
const REPOSITORIES_PER_PAGE = 100;

const CatalogDocument = z.object({ repositories: z.array(z.string()).nullish() });

/** A registry, as the listing of its repositories sees it. */
export type Catalog = Pick<Remote, "transport" | "registry" | "onRequest" | "warn">;

/** How much of a list is wanted. */
export interface ListRepositoriesOptions extends AbortOptions {
  /** The page that exceeds it is the last. */
  readonly maxRepositories: number;
}

/**
 * The repositories that a registry lists in its catalog:
 * {@link https://distribution.github.io/distribution/spec/api/#catalog}.
 *
 * @throws `UNSUPPORTED` if it has none; `UNAUTHORIZED`, `DENIED` where that takes more rights; what every request fails with
 */
export async function listCatalog(
  catalog: Catalog,
  { maxRepositories, signal }: ListRepositoriesOptions,
): Promise<RepositoryList> {
  const what = `list the repositories of ${catalog.registry}`;
  const first = formatRoute({ kind: "catalog", count: REPOSITORIES_PER_PAGE });
  const pages = readPages(first, what, async (url) => await readCatalogPage(catalog, url, what, signal));
  try {
    return await collectRepositories(pages, maxRepositories, what);
  } catch (error) {
    if (!isBundleError(error, "UNAUTHORIZED") && !isBundleError(error, "DENIED")) throw error;
    throw new BundleError(error.code, error.message, {
      cause: error,
      hint: "Listing takes more rights than reading (with Harbor those of an administrator): use such credentials, or name each repository in a mapping of its own",
    });
  }
}

async function readCatalogPage(
  catalog: Catalog,
  url: string,
  what: string,
  signal: AbortSignal | undefined,
): Promise<ReadPage> {
  catalog.onRequest?.("listRepositories");
  const response = await catalog.transport.send({
    method: "GET",
    url,
    scopes: ["registry:catalog:*"],
    expected: [200, 404, 405],
    what,
    signal,
  });
  if (response.statusCode !== 200) {
    await discard(response);
    throw new BundleError(
      "UNSUPPORTED",
      `Cannot ${what}: it offers no list (status ${response.statusCode})`,
      {
        hint: "Name each repository in a mapping of its own",
      },
    );
  }
  const content = await collectBody(response, { what, maxSize: MAX_PAGE_SIZE, signal });
  const names = readJson(content, CatalogDocument, what).repositories ?? [];
  const next = await nextPageOf(response, url, catalog);
  return next === undefined ? { names, next: pageAfter(names), isGuess: true } : { names, next };
}

/** A full page without a link: the registry may have more, and know the place by the last name. */
function pageAfter(names: readonly string[]): string | undefined {
  const last = names.length === REPOSITORIES_PER_PAGE ? names.at(-1) : undefined;
  return last === undefined
    ? undefined
    : formatRoute({ kind: "catalog", count: REPOSITORIES_PER_PAGE, last });
}
