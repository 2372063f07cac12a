import { BundleError, changeError } from "@airgap-bundle/core";
import { type Credentials, describeCredentials } from "../credentials/credentials.ts";
import { loginHint } from "../credentials/login-hint.ts";
import { answerOf } from "./answer-error.ts";
import type { Authorization } from "./authorizer.ts";
import type { Call } from "./call.ts";
import type { Challenge } from "./challenge.ts";
import type { Response } from "./response.ts";
import { repositoryOf } from "./scopes.ts";

/** The registry wants credentials and there are none. `said`: what it answered. */
export function anonymousError(registry: string, { cause }: BundleError): BundleError {
  return new BundleError("UNAUTHORIZED", `Cannot use ${registry} without credentials: it wants a login`, {
    cause,
    hint: loginHint(registry),
  });
}

/** The registry wants a login of a kind that is not known here, or does not say of which. */
export function unknownSchemeError(
  registry: string,
  offered: readonly Challenge[],
  said: BundleError,
): BundleError {
  const schemes = [...new Set(offered.map(({ scheme }) => scheme))].join(", ");
  const reason = schemes === "" ? "it does not say how" : `it asks for ${schemes}, which is not known here`;
  const { message } = answerOf(said)?.words ?? {};
  const words = message === undefined ? "" : `: ${message}`;
  return new BundleError("UNAUTHORIZED", `Cannot log in to ${registry}: ${reason}${words}`, {
    cause: said.cause,
    hint: "Have it offer Basic or Bearer, and check what stands between here and the registry",
  });
}

/** The registry does not take the credentials at all. */
export function loginError(
  registry: string,
  credentials: Credentials | undefined,
  { cause }: BundleError,
): BundleError {
  return new BundleError(
    "UNAUTHORIZED",
    `Cannot log in to ${registry} ${describeCredentials(credentials)}: it refuses these credentials`,
    { cause, hint: loginHint(registry) },
  );
}

/**
 * The registry refuses a token that its own token server has just given, or does not say whether it is the login. `said`:
 * its words.
 */
export function refusedError(said: BundleError, { credentials, scopes }: Authorization): BundleError {
  const message = `${said.message}; asked ${describeCredentials(credentials)} for ${scopes.join(" ") || "nothing in particular"}`;
  return changeError(said, { message });
}

/** For those who wait for this request's credentials to be taken; what they send next is held back. */
export function overloadedError({ what }: Call, { statusCode }: Response): BundleError {
  return new BundleError("UNAVAILABLE", `Cannot ${what}: status ${statusCode}`, { isHeldBack: true });
}

/** Harbor answers so for a project that it does not have or does not show, without a challenge. */
export function missingError(
  { what, scopes }: Call,
  registry: string,
  credentials: Credentials | undefined,
): BundleError {
  const project = JSON.stringify(repositoryOf(scopes)?.split("/", 1)[0] ?? "");
  const message = `Cannot ${what}: the project ${project} does not exist or gives no access ${describeCredentials(credentials)}`;
  const hint =
    credentials === undefined
      ? `Check the project's name. ${loginHint(registry)}`
      : `Have the project ${project} made, or ask for access to it: the login itself is right`;
  return new BundleError("DENIED", message, { hint });
}

/** Does a registry's own text say that it has no such project? */
export function isProjectMissing(said: BundleError): boolean {
  return /\bproject\b.*\b(?:not found|not exist)/is.test(answerOf(said)?.words.message ?? "");
}
