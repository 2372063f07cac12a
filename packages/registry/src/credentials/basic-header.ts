import { BundleError } from "@airgap-bundle/core";
import type { IdentityToken, PasswordCredentials } from "./credentials.ts";

/** The user of identity tokens that come without one; Azure's registry takes its refresh tokens so. */
const NO_USER = "00000000-0000-0000-0000-000000000000";

/**
 * `Authorization: Basic` ({@link https://www.rfc-editor.org/rfc/rfc7617}); an identity token stands for the password.
 *
 * @throws `UNAUTHORIZED` if the user name holds a colon: what is behind it would become a part of the password
 */
export function toBasicHeader(credentials: PasswordCredentials | IdentityToken, registry: string): string {
  const { username = NO_USER, origin } = credentials;
  const password = credentials.kind === "password" ? credentials.password : credentials.token;
  if (username.includes(":")) {
    throw new BundleError(
      "UNAUTHORIZED",
      `Cannot log in to ${registry} (${origin}): the user name holds a colon`,
      { hint: "Correct the user name: Basic authentication takes what is behind the colon for the password" },
    );
  }
  return `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
}
