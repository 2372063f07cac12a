import { isDigest, isRepository, isTag } from "@airgap-bundle/core";

/**
 * One endpoint with its parameters: {@link https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#endpoints}.
 * The client formats it, the server parses it. An upload session's own URL is the server's business: the client takes
 * it from `Location` as it is.
 */
export type Route =
  /** end-1 */
  | { readonly kind: "base" }
  /** end-2, end-10 (`reference` is a digest) */
  | { readonly kind: "blob"; readonly repository: string; readonly digest: string }
  /** end-3, end-7, end-9; `tags` are further ones for a manifest that is put by its digest */
  | {
      readonly kind: "manifest";
      readonly repository: string;
      readonly reference: string;
      readonly tags?: readonly string[];
    }
  /** end-4a, end-4b, end-11 */
  | {
      readonly kind: "uploads";
      readonly repository: string;
      readonly digest?: string;
      readonly mount?: string;
      readonly from?: string;
      readonly algorithm?: string;
    }
  /** end-5, end-6, end-13 */
  | { readonly kind: "upload"; readonly repository: string; readonly id: string; readonly digest?: string }
  /** end-8a, end-8b */
  | { readonly kind: "tags"; readonly repository: string; readonly count?: number; readonly last?: string }
  /** end-12a, end-12b */
  | {
      readonly kind: "referrers";
      readonly repository: string;
      readonly digest: string;
      readonly artifactType?: string;
    }
  /** All repositories: {@link https://distribution.github.io/distribution/spec/api/#listing-repositories}. */
  | { readonly kind: "catalog"; readonly count?: number; readonly last?: string };

/** The path and query of a route. */
export function formatRoute(route: Route): string {
  switch (route.kind) {
    case "base":
      return "/v2/";
    case "blob":
      return `/v2/${route.repository}/blobs/${route.digest}`;
    case "manifest":
      return `/v2/${route.repository}/manifests/${route.reference}${formatQuery({ tag: route.tags })}`;
    case "uploads":
      return `/v2/${route.repository}/blobs/uploads/${formatQuery({ "digest-algorithm": route.algorithm, digest: route.digest, mount: route.mount, from: route.from })}`;
    case "upload":
      return `/v2/${route.repository}/blobs/uploads/${route.id}${formatQuery({ digest: route.digest })}`;
    case "tags":
      return `/v2/${route.repository}/tags/list${formatQuery({ n: route.count?.toString(), last: route.last })}`;
    case "referrers":
      return `/v2/${route.repository}/referrers/${route.digest}${formatQuery({ artifactType: route.artifactType })}`;
    case "catalog":
      return `/v2/_catalog${formatQuery({ n: route.count?.toString(), last: route.last })}`;
  }
}

const PATHS = {
  upload: /^\/v2\/(.+)\/blobs\/uploads\/([A-Za-z0-9_-]{1,64})$/,
  uploads: /^\/v2\/(.+)\/blobs\/uploads\/?$/,
  blob: /^\/v2\/(.+)\/blobs\/([^/]+)$/,
  manifest: /^\/v2\/(.+)\/manifests\/([^/]+)$/,
  referrers: /^\/v2\/(.+)\/referrers\/([^/]+)$/,
  tags: /^\/v2\/(.+)\/tags\/list$/,
};

/**
 * The route of a request's path and query; undefined if it is none. Repository names that the grammar refuses give a
 * route all the same: {@link isValidRoute} tells.
 */
export function parseRoute(url: string): Route | undefined {
  const [rawPath = "", query = ""] = url.split(/\?(.*)/s, 2);
  if (rawPath === "/v2/" || rawPath === "/v2") return { kind: "base" };
  const searchParams = new URLSearchParams(query);
  if (rawPath === "/v2/_catalog") return { kind: "catalog", ...parsePlace(searchParams) };
  const path = decodePath(rawPath);
  if (path === undefined) return undefined;
  const digest = optional("digest", searchParams.get("digest"));

  const [, uploadRepository, id] = PATHS.upload.exec(path) ?? [];
  if (uploadRepository !== undefined && id !== undefined)
    return { kind: "upload", repository: uploadRepository, id, ...digest };

  const [, uploadsRepository] = PATHS.uploads.exec(path) ?? [];
  if (uploadsRepository !== undefined) {
    const mount = optional("mount", searchParams.get("mount"));
    const from = optional("from", searchParams.get("from"));
    const algorithm = optional("algorithm", searchParams.get("digest-algorithm"));
    return { kind: "uploads", repository: uploadsRepository, ...digest, ...mount, ...from, ...algorithm };
  }

  const [, blobRepository, blobDigest] = PATHS.blob.exec(path) ?? [];
  if (blobRepository !== undefined && blobDigest !== undefined)
    return { kind: "blob", repository: blobRepository, digest: blobDigest };

  const [, manifestRepository, reference] = PATHS.manifest.exec(path) ?? [];
  if (manifestRepository !== undefined && reference !== undefined) {
    const tags = searchParams.getAll("tag");
    const route: Route = { kind: "manifest", repository: manifestRepository, reference };
    return tags.length === 0 ? route : { ...route, tags };
  }

  const [, referrersRepository, subject] = PATHS.referrers.exec(path) ?? [];
  if (referrersRepository !== undefined && subject !== undefined) {
    const artifactType = optional("artifactType", searchParams.get("artifactType"));
    return { kind: "referrers", repository: referrersRepository, digest: subject, ...artifactType };
  }

  const [, repository] = PATHS.tags.exec(path) ?? [];
  return repository === undefined ? undefined : { kind: "tags", repository, ...parsePlace(searchParams) };
}

/** Does every name in the route follow the spec's grammar? */
export function isValidRoute(route: Route): boolean {
  switch (route.kind) {
    case "base":
    case "catalog":
      return true;
    case "blob":
    case "referrers":
      return isRepository(route.repository) && isDigest(route.digest);
    case "manifest":
      return (
        isRepository(route.repository) &&
        (isDigest(route.reference) || isTag(route.reference)) &&
        (route.tags ?? []).every(isTag)
      );
    case "tags":
    case "upload":
    case "uploads":
      return isRepository(route.repository);
  }
}

/** Where a page of a list begins and how long it is; NaN is a length that is no number. */
function parsePlace(searchParams: URLSearchParams): { readonly count?: number; readonly last?: string } {
  const count = searchParams.get("n");
  return {
    ...(count === null ? {} : { count: /^[0-9]{1,15}$/.test(count) ? Number(count) : Number.NaN }),
    ...optional("last", searchParams.get("last")),
  };
}

/** The path without its escapes; undefined if one of them is malformed. */
function decodePath(path: string): string | undefined {
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}

function optional<K extends string>(key: K, value: string | null): { readonly [key in K]?: string } {
  return (value === null ? {} : { [key]: value }) as { readonly [key in K]?: string };
}

function formatQuery(parameters: Readonly<Record<string, string | readonly string[] | undefined>>): string {
  const pairs = Object.entries(parameters).flatMap(([key, values = []]) =>
    [values].flat().map((value) => `${key}=${encodeURIComponent(value)}`),
  );
  return pairs.length === 0 ? "" : `?${pairs.join("&")}`;
}
