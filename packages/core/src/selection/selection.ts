import type { Regex } from "../filter/regex.ts";
import type { TagFilter } from "../filter/tag-filter.ts";
import { DEFAULT_PLATFORM } from "../platform.ts";

/** A selection file, read: what to take from where, and where it belongs. */
export interface Selection {
  /** In file order; names need not be unique. */
  readonly tasks: readonly Task[];
  /** Directory with a folder of certificates per host, as `skopeo.certs-dir` names it. */
  readonly certsDir?: string;
  /** Of every task that names none; as written. */
  readonly platforms?: readonly string[];
  /** After how many repositories the listing of a registry stops, at the end of a page: `lister.maxItems`. */
  readonly maxRepositories: number;
}

/** One task: mappings between the same two registries. */
export interface Task {
  readonly name: string;
  /** How often dregsy repeats the task, in seconds; 0 for once. Without effect here. */
  readonly intervalSeconds: number;
  readonly verbose: boolean;
  readonly source: Location;
  readonly target?: Location;
  /** Of every mapping that names none; as written. */
  readonly platforms?: readonly string[];
  readonly mappings: readonly Mapping[];
}

/** A registry as a task names it. */
export interface Location {
  /** `HOST[:PORT][/PREFIX]` as written; not checked. */
  readonly registry: string;
  /** Absent: look for credentials elsewhere. */
  readonly auth?: Auth;
  /** Passwords of an ECR registry are made anew when they are needed. @default false */
  readonly authRefresh?: true;
  readonly skipTlsVerify: boolean;
  /** How its repositories are listed for `from: regex:`. Absent: as the registry has it. */
  readonly lister?: Lister;
}

/** How the repositories of a registry are listed. */
export type Lister =
  /** From the registry itself. */
  | { readonly type: "catalog" }
  /** From the interface behind Docker Hub's web pages. */
  | { readonly type: "dockerhub" }
  /** From Docker Hub's search. */
  | { readonly type: "index"; readonly search: string };

/** What the selection says about credentials. */
export type Auth =
  /** Go without credentials. */
  | { readonly kind: "none" }
  | { readonly kind: "inline"; readonly credentials: Credentials }
  /** Taken from an environment variable; credentials are absent if it has none. */
  | { readonly kind: "environment"; readonly variable: string; readonly credentials?: Credentials };

/** User name and password for one registry. */
export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/** One repository (or a pattern for several) and the tags to take. */
export interface Mapping {
  /** Path as written, or `regex:` and a pattern for repositories. */
  readonly from: string;
  /** The pattern of `from: regex:`; it takes repository names without a leading slash. */
  readonly fromRegex?: Regex;
  /** As written; {@link mapTargetPath} says what it means. */
  readonly to?: string;
  /** The two halves of `to: regex:PATTERN,REPLACEMENT`. */
  readonly toRegex?: { readonly regex: Regex; readonly replacement: string };
  /** `platforms` as written, or `platform` alone, which may be anything. */
  readonly platforms?: readonly string[];
  /** As written. */
  readonly tags: readonly string[];
  readonly filter: TagFilter;
  /** Line of the mapping in the file, from 1. */
  readonly line: number;
}

/** The platforms that a mapping takes, as written: its own, its task's, the selection's, or the default. */
export function platformsOf(mapping: Mapping, task: Task, selection: Selection): readonly string[] {
  return mapping.platforms ?? task.platforms ?? selection.platforms ?? [DEFAULT_PLATFORM];
}

/**
 * The path at the target for a repository of the source, with a leading slash in both: the same one without a `to`; the
 * `to` path; what the replacement makes of it; and for `from: regex:` the `to` path as a prefix.
 */
export function mapTargetPath(mapping: Mapping, path: string): string {
  const sourcePath = withSlash(path);
  if (mapping.toRegex !== undefined) {
    return mapping.toRegex.regex.replaceAll(sourcePath, mapping.toRegex.replacement);
  }
  if (mapping.to === undefined) return sourcePath;
  const targetPath = withSlash(mapping.to);
  return mapping.fromRegex === undefined ? targetPath : `${targetPath}${sourcePath}`;
}

function withSlash(path: string): string {
  return path.startsWith("/") ? path : `/${path}`;
}
