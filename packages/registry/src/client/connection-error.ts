import { BundleError } from "@airgap-bundle/core";

/** What node and OpenSSL call a certificate that cannot be trusted, or a handshake that failed. */
const TLS_CODES =
  /^(?:CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_(?:VERIFY|GET_ISSUER)|ERR_TLS|ERR_SSL|EPROTO|HOSTNAME_MISMATCH)/;

const HINTS: ReadonlyMap<string, string> = new Map([
  ["ECONNREFUSED", "Check host and port, and that the registry is running"],
  ["ENOTFOUND", "Check the spelling of the host, and that this machine can resolve it"],
  ["EAI_AGAIN", "Check that this machine reaches a name server"],
  ["EHOSTUNREACH", "Check the network of this machine"],
  ["ENETUNREACH", "Check the network of this machine"],
]);

/** A failed connection as `TLS_FAILED` or `CONNECTION_FAILED`; an error of ours stays what it is. */
export function toConnectionError(error: unknown, what: string): BundleError {
  if (error instanceof Error && error.name === "BundleError") return error as BundleError;
  const code = codeOf(error);
  if (TLS_CODES.test(code)) {
    return new BundleError("TLS_FAILED", `Cannot ${what}: the TLS handshake failed (${code})`, {
      cause: error,
      hint: "Name the registry's CA in NODE_EXTRA_CA_CERTS, or use skip-tls-verify in the selection or --insecure HOST",
    });
  }
  const hint = HINTS.get(code);
  return new BundleError("CONNECTION_FAILED", `Cannot ${what}: ${describe(error, code)}`, {
    cause: error,
    ...(hint === undefined ? {} : { hint }),
  });
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return "";
  // With several addresses node collects one error for each.
  if (error instanceof AggregateError && error.errors.length > 0) return codeOf(error.errors[0]);
  return "code" in error && typeof error.code === "string" ? error.code : "";
}

function describe(error: unknown, code: string): string {
  const message = error instanceof Error ? error.message : String(error);
  if (code === "UND_ERR_HEADERS_TIMEOUT" || code === "UND_ERR_BODY_TIMEOUT")
    return "the registry stopped answering";
  if (code === "UND_ERR_CONNECT_TIMEOUT") return "no connection within the time allowed";
  if (code === "UND_ERR_SOCKET" || code === "ECONNRESET") return "the connection was cut";
  return message === "" ? code : message;
}
