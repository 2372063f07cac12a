import { BundleError } from "@airgap-bundle/core";
import { type Credentials, describeCredentials } from "../credentials/credentials.ts";
import { joinScopes } from "./scopes.ts";

/** As many refusals in a row are no accident, and directories lock accounts after a few more. */
const MAX_STRIKES = 3;

/** What was refused: credentials for these scopes, or for none in particular. */
export interface Refused {
  readonly credentials: Credentials | undefined;
  /** None: the credentials themselves. */
  readonly scopes: readonly string[];
}

/** Counts refusals in a row, so that nobody is asked a thousand times for what he has refused. */
export interface Strikes {
  /** @throws `UNAUTHORIZED`, `DENIED` if these scopes or credentials were refused three times in a row */
  check(wanted: Refused): void;
  add(refused: Refused, error: BundleError): void;
  /** They were taken, for whatever: what was counted against them is forgotten. */
  clear(accepted: Refused): void;
}

/** Nothing was refused yet. */
export function createStrikes(registry: string): Strikes {
  const counts = new Map<string, { readonly count: number; readonly error: BundleError }>();
  const keyOf = ({ credentials, scopes }: Refused): string =>
    JSON.stringify([credentials ?? null, joinScopes(scopes)]);
  return {
    check(wanted) {
      for (const one of [{ ...wanted, scopes: [] }, wanted]) {
        const known = counts.get(keyOf(one));
        if (known !== undefined && known.count >= MAX_STRIKES) throw outOf(registry, one, known.error);
      }
    },
    add(refused, error) {
      const key = keyOf(refused);
      counts.set(key, { count: (counts.get(key)?.count ?? 0) + 1, error });
    },
    clear(accepted) {
      for (const one of [{ ...accepted, scopes: [] }, accepted]) counts.delete(keyOf(one));
    },
  };
}

function outOf(registry: string, { credentials, scopes }: Refused, error: BundleError): BundleError {
  const what = scopes.length === 0 ? "" : ` for ${scopes.join(" ")}`;
  const message = `Cannot use ${registry} ${describeCredentials(credentials)}: it has refused that ${MAX_STRIKES} times in a row${what}`;
  return new BundleError(error.code, message, {
    cause: error,
    hint: error.hint,
  });
}
