import { NetworkError } from "./network-error.ts";

/** What is known of a place where TLS failed. */
export interface TlsPlace {
  /** HOST[:PORT] that was spoken with. */
  readonly host: string;
  /** Where its certificates may lie, the most important first. */
  readonly certsDirectories?: readonly string[];
  /** Whether we have a client certificate for it. */
  readonly hasClientCertificate?: boolean;
}

interface Described {
  readonly reason: string;
  readonly hint: string;
}

type Describe = (place: TlsPlace, error: unknown) => Described;

/** What node and OpenSSL call a certificate that cannot be trusted, or a handshake that failed. */
const TLS_CODES =
  /^(?:CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|ERR_TLS|ERR_SSL|ERR_OSSL|EPROTO$|HOSTNAME_MISMATCH|INVALID_CA|CRL_)/;

/** In order; the first that fits counts. */
const DESCRIPTIONS: readonly (readonly [codes: RegExp, describe: Describe])[] = [
  [/SELF_SIGNED|UNABLE_TO_|INVALID_CA|CERT_UNTRUSTED/, describeUntrusted],
  [/CERT_HAS_EXPIRED/, (place) => describeTime(place, "has expired")],
  [/CERT_NOT_YET_VALID/, (place) => describeTime(place, "is not valid yet")],
  [/ALTNAME_INVALID|HOSTNAME_MISMATCH/, describeNames],
  [/WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST/, describePlain],
  [/UNSUPPORTED_PROTOCOL|PROTOCOL_VERSION|NO_PROTOCOLS/, describeOld],
  [/ALERT_.*(?:CERTIFICATE|UNKNOWN_CA|HANDSHAKE_FAILURE|ACCESS_DENIED)/, describeClient],
];

/** Whether an error is about TLS. */
export function isTlsFault(error: unknown, code: string): boolean {
  return TLS_CODES.test(code) || opensslReason(error) !== "";
}

/** Why TLS failed and what helps, as `TLS_FAILED`. */
export function describeTlsFault(error: unknown, code: string, place: TlsPlace): NetworkError {
  const signs = `${code} ${opensslReason(error)}`;
  const [, describe] = DESCRIPTIONS.find(([codes]) => codes.test(signs)) ?? [];
  const { reason, hint } = describe?.(place, error) ?? {
    reason: `the TLS handshake with ${place.host} failed`,
    hint: `Look at what it offers: openssl s_client -connect ${place.host}`,
  };
  return new NetworkError("TLS_FAILED", `${reason} (${code})`, { hint, cause: error });
}

/** OpenSSL's words in the form of its codes: an EPROTO has them in its message only. */
function opensslReason(error: unknown): string {
  const [, words = ""] =
    /:SSL routines:[^:]*:([^:\n]+)/.exec(error instanceof Error ? error.message : "") ?? [];
  return words.toUpperCase().replaceAll(/[ /]/g, "_");
}

function describeUntrusted({ host, certsDirectories: [directory] = [] }: TlsPlace): Described {
  const file =
    directory === undefined
      ? ""
      : `Put the certificate of its authority, as PEM, into ${directory}/${host}/ca.crt, or name`;
  return {
    reason: `nobody whom this machine trusts vouches for the certificate of ${host}`,
    hint: `${file === "" ? "Name the certificate of its authority" : `${file} it`} in NODE_EXTRA_CA_CERTS; --insecure ${host} goes without any check`,
  };
}

function describeTime({ host }: TlsPlace, what: string): Described {
  return {
    reason: `the certificate of ${host} ${what}; this machine's clock says ${new Date().toISOString()}`,
    hint: "If the clock is right, who runs the host must renew its certificate",
  };
}

function describeNames({ host }: TlsPlace, error: unknown): Described {
  const names = namesOf(error);
  return {
    reason: `the certificate of ${host} is for other names: ${names === "" ? "it has none" : names}`,
    hint: "Use one of these names for the host; if it is right, its certificate must be made for it",
  };
}

function namesOf(error: unknown): string {
  const cert: unknown = error instanceof Error && "cert" in error ? error.cert : undefined;
  const names: unknown =
    typeof cert === "object" && cert !== null && "subjectaltname" in cert ? cert.subjectaltname : "";
  return typeof names === "string" ? names.replaceAll(/\b(?:DNS|IP Address):/g, "") : "";
}

function describePlain({ host }: TlsPlace): Described {
  return {
    reason: `${host} answers without TLS`,
    hint: `Check the port; if it is meant to be plain http, allow it: skip-tls-verify: true in the selection, or --insecure ${host}`,
  };
}

function describeOld({ host }: TlsPlace): Described {
  return {
    reason: `${host} and this program have no version of TLS in common`,
    hint: "Its TLS is too old: who runs the host must allow TLS 1.2 or newer",
  };
}

/** What a server means with its alert cannot be known for sure; most often it is the client's certificate. */
function describeClient(place: TlsPlace): Described {
  const { host, hasClientCertificate = false } = place;
  return {
    reason: hasClientCertificate
      ? `${host} refuses the handshake, perhaps on account of our client certificate`
      : `${host} refuses the handshake, perhaps because it wants a client certificate`,
    hint: clientCertificateHint(place),
  };
}

/** What a server says that shakes hands with everybody and then asks for a client certificate, as `TLS_FAILED`. */
export function describeClientDemand(place: TlsPlace): NetworkError {
  const { host, hasClientCertificate = false } = place;
  const reason = hasClientCertificate
    ? `${host} refuses our client certificate`
    : `${host} wants a client certificate`;
  return new NetworkError("TLS_FAILED", reason, { hint: clientCertificateHint(place) });
}

/** What a server says that wants TLS, as `TLS_FAILED`. */
export function describeTlsDemand({ host }: TlsPlace): NetworkError {
  return new NetworkError("TLS_FAILED", `${host} wants TLS`, {
    hint: "The registry is misconfigured: what it names must begin with https",
  });
}

/** Where a client certificate belongs. */
export function clientCertificateHint({ host, certsDirectories: [directory] = [] }: TlsPlace): string {
  const folder = `${directory ?? "/etc/containers/certs.d"}/${host}`;
  return `Put a client certificate that the host knows into ${folder}, as client.cert and client.key`;
}
