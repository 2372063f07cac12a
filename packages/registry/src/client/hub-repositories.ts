import {
  type AbortOptions,
  BundleError,
  type EventSink,
  type Listing,
  type RepositoryList,
  retry,
} from "@airgap-bundle/core";
import * as z from "zod";
import type { PasswordCredentials } from "../credentials/credentials.ts";
import { lineOf } from "./answer-error.ts";
import { collectBody } from "./body.ts";
import type { Call } from "./call.ts";
import type { Connection } from "./connection.ts";
import type { ListRepositoriesOptions } from "./list-repositories.ts";
import { readJson } from "./read-json.ts";
import type { RequestKind } from "./remote.ts";
import {
  collectRepositories,
  MAX_PAGE_SIZE,
  type ReadPage,
  type RepositoryPage,
  readPages,
} from "./repository-page.ts";
import { isOverloaded, toRegistryError } from "./response.ts";
import { isLoopback } from "./scheme.ts";

const REPOSITORIES_PER_PAGE = 100;
/** A search gives no more. */
const MAX_SEARCH_RESULTS = 100;

const NamespaceDocument = z.object({
  next: z.string().nullish(),
  results: z.array(z.object({ name: z.string(), repository_type: z.string().nullish() })),
});
const SearchDocument = z.object({
  num_results: z.number().nullish(),
  results: z.array(z.object({ name: z.string() })),
});
const TokenDocument = z.object({ access_token: z.string().min(1) });

/** What is asked of Docker Hub, not of its registry. */
export type HubListing = Exclude<Listing, { readonly type: "catalog" }>;

/** One of Docker Hub's web interfaces. */
export interface HubInterface {
  readonly connection: Connection;
  /** The host that is asked: Docker Hub's or that of a mirror. */
  readonly host: string;
  /** Put before every path; empty, or with a slash at its start. */
  readonly prefix: string;
  readonly credentials: PasswordCredentials | undefined;
  readonly onRequest?: ((kind: RequestKind) => void) | undefined;
  readonly onEvent?: EventSink | undefined;
}

/**
 * Repositories of Docker Hub: of namespaces ({@link https://docs.docker.com/reference/api/hub/latest/}), or found by its
 * search. Without namespaces that of the user who logs in is meant.
 *
 * @throws `SELECTION_INVALID` if there is no namespace to look into; `UNAUTHORIZED`; what every request fails with
 */
export async function listHubRepositories(
  hub: HubInterface,
  listing: HubListing,
  options: ListRepositoriesOptions,
): Promise<RepositoryList> {
  const pages =
    listing.type === "index"
      ? search(hub, listing.search, options)
      : readNamespaces(hub, chooseNamespaces(listing.namespaces, hub.credentials), options);
  return await collectRepositories(pages, options.maxRepositories, "list the repositories of docker.io");
}

function chooseNamespaces(
  namespaces: readonly string[],
  credentials: PasswordCredentials | undefined,
): readonly string[] {
  if (namespaces.length > 0) return namespaces;
  if (credentials !== undefined) return [credentials.username.toLowerCase()];
  throw new BundleError(
    "SELECTION_INVALID",
    "Cannot list the repositories of docker.io: the pattern names no namespace, and there is no user name",
    { hint: "Begin each branch of the pattern with a namespace, as in regex:library/.*, or log in" },
  );
}

async function* readNamespaces(
  hub: HubInterface,
  namespaces: readonly string[],
  options: AbortOptions,
): AsyncGenerator<RepositoryPage> {
  const authorization = await logIn(hub, options);
  for (const [i, namespace] of namespaces.entries()) {
    const path = `/v2/namespaces/${encodeURIComponent(namespace)}/repositories`;
    const what = `list the repositories of docker.io/${namespace}`;
    const read = async (url: string): Promise<ReadPage> => {
      hub.onRequest?.("listRepositories");
      const call = { method: "GET", url, what, ...options } as const;
      return toPage(await ask(hub, call, NamespaceDocument, authorization), namespace, url);
    };
    const isLastNamespace = i === namespaces.length - 1;
    for await (const page of readPages(
      `${hub.prefix}${path}?page_size=${REPOSITORIES_PER_PAGE}`,
      what,
      read,
    )) {
      yield { ...page, isLast: page.isLast && isLastNamespace };
    }
  }
}

/** Plugins, charts and models are no images. */
function toPage(
  { next, results }: z.infer<typeof NamespaceDocument>,
  namespace: string,
  current: string,
): ReadPage {
  const images = results.filter(({ repository_type: type }) => (type ?? "image") === "image");
  return { names: images.map(({ name }) => `${namespace}/${name}`), next: toPath(next ?? "", current) };
}

/** Only the query is what the page says: a mirror with a prefix serves Docker Hub's own words under another path. */
function toPath(next: string, current: string): string | undefined {
  const base = `https://host${current}`;
  if (next === "" || !URL.canParse(next, base)) return undefined;
  return `${new URL(current, base).pathname}${new URL(next, base).search}`;
}

async function* search(
  hub: HubInterface,
  term: string,
  { maxRepositories, ...options }: ListRepositoriesOptions,
): AsyncGenerator<RepositoryPage> {
  const count = Math.min(maxRepositories, MAX_SEARCH_RESULTS);
  const url = `${hub.prefix}/v1/search?q=${encodeURIComponent(term)}&n=${count}`;
  const what = `search docker.io for ${JSON.stringify(term)}`;
  hub.onRequest?.("listRepositories");
  const document = await ask(hub, { method: "GET", url, what, ...options }, SearchDocument);
  const names = document.results.map(({ name }) => name);
  yield { names, isLast: (document.num_results ?? 0) <= names.length, isCircle: false };
}

/** A password goes nowhere where others could read it. */
async function logIn(hub: HubInterface, options: AbortOptions): Promise<string | undefined> {
  const { credentials, connection, host, prefix } = hub;
  if (credentials === undefined) return undefined;
  const what = `log in to ${host} as ${credentials.username}`;
  const origin = await connection.origin({ what, ...options });
  if (!origin.startsWith("https:") && !isLoopback(host))
    throw new BundleError("UNAUTHORIZED", `Cannot ${what}: it does not speak TLS`);
  const { username, password } = credentials;
  const body = Buffer.from(JSON.stringify({ identifier: username, secret: password }));
  const headers = { "content-type": "application/json" };
  const call = {
    method: "POST",
    url: `${prefix}/v2/auth/token`,
    headers,
    body: () => body,
    secrets: [password],
    what,
    ...options,
  } as const;
  return `Bearer ${(await ask(hub, call, TokenDocument)).access_token}`;
}

/** Whoever is asked to slow down waits as at a registry: at the gate of the host, which tells of it. */
async function ask<T>(
  { connection, onEvent }: HubInterface,
  call: Omit<Call, "scopes" | "expected">,
  type: z.ZodType<T>,
  authorization?: string,
): Promise<T> {
  const { what, signal } = call;
  const attempt = async (): Promise<T> => {
    const { response, turn } = await connection.request(
      { ...call, scopes: [], expected: [200] },
      authorization,
    );
    if (response.statusCode !== 200) {
      const error = await toRegistryError(response, what, lineOf(call, await connection.origin(call)));
      throw isOverloaded(response) ? turn.fail(error, what) : error;
    }
    const content = await collectBody(response, { what, maxSize: MAX_PAGE_SIZE, signal });
    return readJson(content, type, what);
  };
  return await retry(attempt, {
    ...(signal === undefined ? {} : { signal }),
    ...(onEvent === undefined ? {} : { onEvent }),
  });
}
