import { BundleError, isBundleError } from "@airgap-bundle/core";
import { describeFault } from "../network/faults.ts";
import { NetworkError } from "../network/network-error.ts";

/** A failed connection as an error of ours, with what it was for; an error of ours stays what it is. */
export function toConnectionError(error: unknown, what: string): BundleError {
  if (isBundleError(error)) return error;
  const described = describeFault(error, { host: "the registry" });
  const { code, message, hint } =
    described instanceof NetworkError
      ? described
      : { code: "CONNECTION_FAILED" as const, message: messageOf(described), hint: undefined };
  return new BundleError(code, `Cannot ${what}: ${message}`, {
    cause: described instanceof NetworkError ? (described.cause ?? described) : error,
    ...(hint === undefined ? {} : { hint }),
  });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
