import { BundleError, isRepository, type RepositoryList } from "@airgap-bundle/core";

/** A part of a list of repositories. */
export interface RepositoryPage {
  readonly names: readonly string[];
  readonly isLast: boolean;
  /** The page says that the next one is one that was there before. */
  readonly isCircle: boolean;
}

/** One page, and where the next one is, if there is one. */
export interface ReadPage {
  readonly names: readonly string[];
  readonly next: string | undefined;
  /** The registry has named no next page: it is asked in case it has one. */
  readonly isGuess?: boolean;
}

/** How many pages are read: of a hundred names each this is more than any registry has. */
const MAX_PAGES = 10_000;
const MAX_REPOSITORIES = 1_000_000;
/** Some registries send all that they have in one page. */
export const MAX_PAGE_SIZE: number = 16 * 1024 * 1024;

/** Reads a page and those that follow it, each once. `what` reads "verb object". */
export async function* readPages(
  first: string,
  what: string,
  read: (url: string) => Promise<ReadPage>,
): AsyncGenerator<RepositoryPage> {
  const seen = new Set<string>();
  for (let url: string | undefined = first; url !== undefined; ) {
    if (seen.size === MAX_PAGES) throw tooMany(what, `more than ${MAX_PAGES} pages`);
    seen.add(url);
    const { names, next, isGuess = false }: ReadPage = await read(url);
    const isLast = next === undefined || seen.has(next);
    yield { names, isLast, isCircle: isLast && next !== undefined && !isGuess };
    url = isLast ? undefined : next;
  }
}

/**
 * The names on these pages, each once. The page with which there are more than `maxRepositories` is the last that is
 * read; nothing of it is left out. What is no repository name is counted only.
 *
 * @throws `REGISTRY_FAILED` if there is no end to them
 */
export async function collectRepositories(
  pages: AsyncIterable<RepositoryPage>,
  maxRepositories: number,
  what: string,
): Promise<RepositoryList> {
  const names = new Set<string>();
  let isWhole = true;
  let isCircle = false;
  for await (const page of pages) {
    for (const name of page.names) names.add(name);
    if (names.size > MAX_REPOSITORIES) throw tooMany(what, `more than ${MAX_REPOSITORIES} names`);
    isWhole = page.isLast;
    isCircle ||= page.isCircle;
    if (names.size > maxRepositories) break;
  }
  const repositories = [...names].filter(isRepository);
  const cut = isCircle ? "circle" : "limit";
  return {
    repositories,
    malformed: names.size - repositories.length,
    ...(isWhole && !isCircle ? {} : { cut }),
  };
}

function tooMany(what: string, found: string): BundleError {
  return new BundleError("REGISTRY_FAILED", `Cannot ${what}: the list has ${found}`, {
    hint: "Name each repository in a mapping of its own",
  });
}
