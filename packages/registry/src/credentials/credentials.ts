/** What a registry is logged in to with. */
export type Credentials = PasswordCredentials | IdentityToken | RegistryToken;

interface Found {
  /** Where they were found, for messages: no path of this machine and nothing secret. */
  readonly origin: string;
}

/** User name and password. */
export interface PasswordCredentials extends Found {
  readonly kind: "password";
  readonly username: string;
  readonly password: string;
}

/** What a token server gives tokens for in the place of a password: its refresh token. */
export interface IdentityToken extends Found {
  readonly kind: "identityToken";
  readonly username?: string;
  readonly token: string;
}

/** A bearer token that the registry takes as it is. */
export interface RegistryToken extends Found {
  readonly kind: "registryToken";
  readonly token: string;
}

/** How credentials are looked for. */
export interface FindOptions {
  /** What the registry has just refused: a helper may have something newer. */
  readonly refused?: Credentials;
  /** A credential helper to ask if nothing is configured. */
  readonly helper?: string;
}

/**
 * Credentials for a repository of a registry, or for the registry as a whole; undefined if there are none.
 *
 * @throws `UNAUTHORIZED` if a credential helper that must have them fails or is not installed
 */
export type FindCredentials = (
  registry: string,
  repository: string | undefined,
  options?: FindOptions,
) => Promise<Credentials | undefined>;

/** Whose they are and where they come from, for messages. */
export function describeCredentials(credentials: Credentials | undefined): string {
  if (credentials === undefined) return "without credentials";
  const { origin } = credentials;
  switch (credentials.kind) {
    case "password":
      return `as ${JSON.stringify(credentials.username)} (${origin})`;
    case "identityToken":
      return `with an identity token (${origin})`;
    case "registryToken":
      return `with a registry token (${origin})`;
  }
}
