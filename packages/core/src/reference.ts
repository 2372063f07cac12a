import { isDigest } from "./digest.ts";
import { BundleError } from "./error.ts";

/** Docker Hub's own name, and the names by which people also know it. */
const DOCKER_HUB = "docker.io";
const DOCKER_HUB_NAMES: ReadonlySet<string> = new Set([
  DOCKER_HUB,
  "index.docker.io",
  "registry-1.docker.io",
  "registry.hub.docker.com",
]);

/** {@link https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pulling-manifests} */
const REPOSITORY = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
const TAG = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/;
/** A DNS name, an IPv4 address or an IPv6 address in brackets, with an optional port. */
const HOST = /^(?:[a-zA-Z0-9](?:[a-zA-Z0-9._-]*[a-zA-Z0-9])?|\[[0-9a-fA-F:.]+\])(?::[0-9]{1,5})?$/;

/** Docker's practical limit for registry and repository together. */
const MAX_NAME_LENGTH = 255;

/** A repository of a registry, by its normalised names. */
export interface RepositoryName {
  /** Host, with a port if there is one; `docker.io` for Docker Hub. */
  readonly registry: string;
  readonly repository: string;
}

/** What a reference means. */
export interface Reference extends RepositoryName {
  readonly tag?: string;
  /** If there is one it decides what is meant, and the tag only names it. */
  readonly digest?: string;
}

/** Is this a tag by the spec's grammar? */
export function isTag(text: string): boolean {
  return TAG.test(text);
}

/** Is this a repository name by the spec's grammar? */
export function isRepository(text: string): boolean {
  return text.length <= MAX_NAME_LENGTH && REPOSITORY.test(text);
}

/** Is this a registry's host, with or without a port? */
export function isRegistryHost(text: string): boolean {
  return HOST.test(text) && URL.canParse(`https://${text}`);
}

/** The one name of a registry: `docker.io` for every name of Docker Hub, else the host in lower case. */
export function normalizeRegistry(host: string): string {
  const lower = host.toLowerCase();
  return DOCKER_HUB_NAMES.has(lower) ? DOCKER_HUB : lower;
}

/** Does a registry as a selection names it mean Docker Hub, whatever the port and the path behind it? */
export function isDockerHub(registry: string): boolean {
  const [host = ""] = registry.split("/");
  return normalizeRegistry(host.replace(/:[0-9]+$/, "")) === DOCKER_HUB;
}

/**
 * Puts a registry as a selection or `--to` names it (`HOST[/PREFIX]`) and a repository path together. Docker Hub's
 * repositories of one component get `library/`.
 *
 * @throws `REFERENCE_INVALID` naming what is wrong: a scheme, a host, a repository that the spec's grammar refuses
 */
export function joinRepositoryName(registry: string, path: string): RepositoryName {
  const { registry: name, prefix } = splitRegistry(registry);
  const joined = `${prefix}${path.replace(/^\//, "")}`;
  const repository = name === DOCKER_HUB && !joined.includes("/") ? `library/${joined}` : joined;
  if (!isRepository(repository) || name.length + 1 + repository.length > MAX_NAME_LENGTH) {
    throw invalid(
      repository,
      "it is not a repository name",
      "Repository names are lower-case letters, digits and . _ - between slashes, 255 characters at most",
    );
  }
  return { registry: name, repository };
}

/**
 * Takes a registry as a selection or `--to` names it apart: the one name of its host, and what is put before each path
 * (empty, or with a slash at the end).
 *
 * @throws `REFERENCE_INVALID` for a scheme, or what is no host
 */
export function splitRegistry(text: string): { readonly registry: string; readonly prefix: string } {
  if (text.includes("://")) {
    throw invalid(text, "it has a scheme", "Write the registry as HOST[:PORT] without http:// or https://");
  }
  const [host = "", ...prefix] = text.replace(/\/+$/, "").split("/");
  if (!isRegistryHost(host)) throw invalid(text, "its host is not a registry's HOST[:PORT]");
  return { registry: normalizeRegistry(host), prefix: prefix.map((part) => `${part}/`).join("") };
}

/**
 * Reads `[HOST/]REPOSITORY[:TAG][@DIGEST]`, with docker's rules for what is a host, except that upper case
 * makes none. No default tag is added.
 *
 * @throws `REFERENCE_INVALID`
 */
export function parseReference(text: string): Reference {
  const [name = "", digest, ...more] = text.split("@");
  if (more.length > 0 || (digest !== undefined && !isDigest(digest)))
    throw invalid(text, "its digest is malformed");
  const colon = name.lastIndexOf(":");
  const hasTag = colon > name.lastIndexOf("/");
  const tag = hasTag ? name.slice(colon + 1) : undefined;
  if (tag !== undefined && !isTag(tag)) throw invalid(text, "its tag is malformed");
  const { registry, path } = splitHost(hasTag ? name.slice(0, colon) : name);
  return {
    ...joinRepositoryName(registry, path),
    ...(tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest }),
  };
}

/** The full text of a reference: `REGISTRY/REPOSITORY[:TAG][@DIGEST]`. */
export function formatReference(reference: Reference): string {
  const { registry, repository, tag, digest } = reference;
  return `${registry}/${repository}${tag === undefined ? "" : `:${tag}`}${digest === undefined ? "" : `@${digest}`}`;
}

/** A host, and not a tag that somebody has put behind an `@`. */
const LIKE_HOST = /\/|:\d|\.[^/]*[a-z]|^\s*\d+(?:\.\d+){3}$/i;

/**
 * A registry or reference as somebody wrote it, for messages: of `USER:PASSWORD@HOST`, which is refused, everything before
 * the host is hidden. A password may hold any character; a digest stays.
 */
export function maskUserInfo(text: string): string {
  const [, scheme = "", rest = ""] = /^([a-z][a-z0-9+.-]*:\/\/)?(.*)$/is.exec(text) ?? [];
  const [, before = "", behind = ""] = /^(.*)@(?!sha\d)(.*)$/is.exec(rest) ?? [];
  const mayBeUser =
    scheme !== "" || before.includes(":") || (!before.includes("/") && LIKE_HOST.test(behind));
  return before !== "" && mayBeUser ? `${scheme}***@${behind}` : text;
}

/** The first component is a host if it has a dot or a port. docker also takes `Host/app` for one; here that is a slip. */
function splitHost(name: string): { registry: string; path: string } {
  const slash = name.indexOf("/");
  const first = slash < 0 ? "" : name.slice(0, slash);
  const isHost = first === "localhost" || /[.:]/.test(first);
  return isHost ? { registry: first, path: name.slice(slash + 1) } : { registry: DOCKER_HUB, path: name };
}

function invalid(text: string, what: string, hint?: string): BundleError {
  const shown = JSON.stringify(maskUserInfo(text).slice(0, 300));
  return new BundleError(
    "REFERENCE_INVALID",
    `Cannot use ${shown} as a reference: ${what}`,
    hint === undefined ? {} : { hint },
  );
}
