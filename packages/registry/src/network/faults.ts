import { NetworkError } from "./network-error.ts";
import { clientCertificateHint, describeTlsFault, isTlsFault, type TlsPlace } from "./tls-fault.ts";

/** What is known of the place where something failed. */
export interface Place extends TlsPlace {
  /** Whether TLS is spoken there. */
  readonly isTls?: boolean;
  /** `the proxy HOST:PORT`; undefined where there is none. */
  readonly via?: string | undefined;
}

const HINTS: ReadonlyMap<string, string> = new Map([
  ["ECONNREFUSED", "Check host and port, and that the registry is running"],
  [
    "ENOTFOUND",
    "Check the spelling of the host, and that this machine can resolve it; where only a proxy can, set HTTPS_PROXY",
  ],
  [
    "EAI_AGAIN",
    "Check that this machine reaches a name server; where only a proxy can resolve names, set HTTPS_PROXY",
  ],
  ["EHOSTUNREACH", "Check the network of this machine"],
  ["ENETUNREACH", "Check the network of this machine"],
  ["UND_ERR_CONNECT_TIMEOUT", "Check host and port, firewalls, and whether a proxy is needed: HTTPS_PROXY"],
]);

const REASONS: ReadonlyMap<string, string> = new Map([
  ["UND_ERR_HEADERS_TIMEOUT", "the other side stopped answering"],
  ["UND_ERR_BODY_TIMEOUT", "the other side stopped answering"],
  ["UND_ERR_CONNECT_TIMEOUT", "no connection within the time allowed"],
  ["UND_ERR_SOCKET", "the connection was cut"],
  ["ECONNRESET", "the connection was cut"],
  // What is sent to where nobody reads any more.
  ["EPIPE", "the connection was cut"],
]);

const WAS_CUT = /^(?:UND_ERR_SOCKET|ECONNRESET|EPIPE)$/;

/** What the parser of HTTP says when something else answers. */
const NOT_HTTP = /^HPE_/;

/** Why a request failed, in words; an error that is none of the network's stays what it is. */
export function describeFault(error: unknown, place: Place): unknown {
  const code = faultCode(error);
  if (error instanceof NetworkError || code === "") return error;
  if (isTlsFault(error, code)) return describeTlsFault(error, code, place);
  const via = place.via === undefined ? "" : ` through ${place.via}`;
  return new NetworkError("CONNECTION_FAILED", `${reasonOf(error, code)}${via}`, {
    hint: hintOf(code, place),
    cause: error,
  });
}

function hintOf(code: string, place: Place): string | undefined {
  if (NOT_HTTP.test(code)) {
    return `Check the port: what answers at ${place.host} is no web server, or one that wants TLS`;
  }
  // With TLS 1.3 a server asks after the handshake, and its alert may come behind the end of the connection.
  if (WAS_CUT.test(code) && place.isTls === true && place.hasClientCertificate !== true) {
    return `If it stays so, ${place.host} may want a client certificate. ${clientCertificateHint(place)}`;
  }
  // Plain http without a port is what is left where nobody listens at the port of https.
  if (code === "ECONNREFUSED" && place.isTls === false && !/:\d+$/.test(place.host)) {
    return "Port 443 (https) was tried first, then 80: name the port behind the host, and check that the registry is running";
  }
  return HINTS.get(code);
}

/** Did the other side end the connection before it answered? */
export function isCut(error: unknown): boolean {
  return WAS_CUT.test(innerCode(error));
}

/** Was the answer none of HTTP? */
export function isNoHttp(error: unknown): boolean {
  return NOT_HTTP.test(innerCode(error));
}

function innerCode(error: unknown): string {
  return faultCode(error instanceof NetworkError ? error.cause : error);
}

/** The code of an error of the system, of TLS or of undici; empty for any other. */
export function faultCode(error: unknown): string {
  if (!(error instanceof Error) || error.name === "BundleError") return "";
  // With several addresses node collects one error for each.
  if (error instanceof AggregateError && error.errors.length > 0) return faultCode(error.errors[0]);
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  // undici means to name what its parser found, and names nothing.
  if (code === "" && error.name === "HTTPParserError") return "HPE_INVALID_CONSTANT";
  return code === "ABORT_ERR" || code === "UND_ERR_ABORTED" ? "" : code;
}

function reasonOf(error: unknown, code: string): string {
  const message = error instanceof Error ? error.message : "";
  return REASONS.get(code) ?? (message === "" ? code : message);
}
