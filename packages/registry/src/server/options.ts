import type { UploadQuirks } from "./upload-quirks.ts";

/** How a registry is served. */
export interface ServerOptions {
  /** Who may do what. @default everybody everything */
  readonly auth?: ServerAuth;
  /** Misbehaviour of real registries, for tests. @default none */
  readonly quirks?: Quirks;
  /** Called once per request, right before it is answered. */
  readonly onRequest?: (seen: SeenRequest) => void;
  /** Told what the client is not: why an answer is 500, or breaks off. @default nobody is told */
  readonly onError?: (error: unknown) => void;
}

/** One request, as the server saw it. */
export interface SeenRequest {
  readonly method: string;
  /** Path and query, as they came. */
  readonly path: string;
  /** The answer's. */
  readonly status: number;
}

/** How a registry knows its users. */
export type ServerAuth = BasicAuth | BearerAuth;

/** The one user of a registry. */
export interface ServerUser {
  readonly username: string;
  readonly password: string;
}

/** Every request carries user name and password: {@link https://www.rfc-editor.org/rfc/rfc7617}. */
export interface BasicAuth extends ServerUser {
  readonly kind: "basic";
}

/**
 * Requests carry a token of the endpoint `/token` of the same server, which takes user name and password:
 * {@link https://distribution.github.io/distribution/spec/auth/token/}.
 */
export interface BearerAuth extends ServerUser {
  readonly kind: "bearer";
  /** Life of a token, in seconds. @default 300 */
  readonly expiresInSeconds?: number;
  /** What a token may allow. @default everything to the user, nothing to anybody else */
  readonly grant?: (access: Access) => boolean;
  /** Counts as the password of any user, as ACR takes its refresh tokens. @default none */
  readonly refreshToken?: string;
  /** A token that may do everything and never ends, as registries without a token server know them. @default none */
  readonly registryToken?: string;
  /** Tokens are also had by POST: {@link https://distribution.github.io/distribution/spec/auth/oauth/}. @default false */
  readonly oauth2?: boolean;
  /** A token for such a repository is answered with 400, as Docker Hub does for names of other registries. */
  readonly refusesScope?: (repository: string) => boolean;
}

/** What a client may ask for; `*` is reading the list of repositories. */
export type Action = "pull" | "push" | "delete" | "*";

/** Somebody's wish to do something with a repository, or with the list of them. */
export interface Access {
  /** Absent for somebody without credentials. */
  readonly username?: string;
  /** Absent for the list of repositories. */
  readonly repository?: string;
  readonly action: Action;
}

/** Each one is what some registry does, and what a client must survive. */
export interface Quirks {
  /** No `Docker-Content-Digest` in any answer, as registries before docker 1.6 and some caching proxies. */
  readonly omitContentDigest?: boolean;
  /** Most tags of one page, whatever `n` says, as Quay (100) and distribution v3 (1000) do. */
  readonly tagPageSize?: number;
  /** Where the bytes of a blob are to be had instead, as Docker Hub, ECR and GHCR do with object storage; undefined: here. */
  readonly redirectBlobsTo?: (digest: string) => string | undefined;
  /** Mounting always opens an upload session, as ECR does unless an account turns mounting on. */
  readonly refuseMounts?: boolean;
  /** Docker manifests are answered with 415, as zot does without `docker2s2`. */
  readonly dockerMediaTypesRefused?: boolean;
  /** A pull limit, as Docker Hub has it: HEAD is free, each GET of a manifest counts. */
  readonly rateLimit?: RateLimit;
  /** More requests than this are refused, whatever they are, as Docker Hub does against abuse. */
  readonly requestLimit?: RequestLimit;
  /** Deleting manifests, tags and blobs is answered with 405, as docker-registry does unless `storage.delete` is enabled. */
  readonly refuseDeletion?: boolean;
  /**
   * The `Link` header for the next page of tags, given its path and query: pulp names http behind a proxy with TLS,
   * Artifactory leaves out the repository's key.
   */
  readonly tagLink?: (path: string) => string;
  /** What becomes of uploads. */
  readonly uploads?: UploadQuirks;
  /** Repositories whose project does not exist: 401 with an empty `WWW-Authenticate`, as Harbor answers. */
  readonly missingProjects?: (repository: string) => boolean;
  /** A 401 says how to log in at the base endpoint only, as behind proxies that drop the header. */
  readonly challengeAtBaseOnly?: boolean;
  /**
   * There is no referrers API, and this is what its questions are answered with: 404 in plain text, as docker-registry 2
   * does; 400, 405 or 501, as others; 200 is a web page. Nor does an answer to a push name a subject.
   */
  readonly referrersStatus?: number;
  /** The referrers API is there, but no answer to a push names a subject, as in Harbor 2.8. */
  readonly omitSubject?: boolean;
}

/** {@link https://docs.docker.com/docker-hub/usage/pulls/} */
export interface RateLimit {
  /** Pulls per window. */
  readonly limit: number;
  /** Pulls left when the server starts, and with it the first window. */
  readonly remaining: number;
  readonly windowSeconds: number;
  /** Does it say when the window ends, as the IETF's draft has it and Docker Hub does not? @default false */
  readonly tellsReset?: boolean;
  /** A clock in milliseconds. @default Date.now */
  readonly now?: () => number;
}

/** {@link https://docs.docker.com/docker-hub/usage/#abuse-rate-limit} */
export interface RequestLimit {
  /** Requests per window, HEAD too. */
  readonly requests: number;
  readonly windowSeconds: number;
  /** A clock in milliseconds. @default Date.now */
  readonly now?: () => number;
}
