import type { Socket } from "node:net";
import { isIP } from "node:net";
import { addAbortSignal } from "node:stream";
import { connect } from "node:tls";
import type { AbortOptions } from "@airgap-bundle/core";
import { isLoopbackAddress } from "../network/address.ts";
import { faultCode } from "../network/faults.ts";
import { NetworkError } from "../network/network-error.ts";

/** How long a handshake may take before plain http is tried. */
const HANDSHAKE_TIMEOUT_MS = 10_000;

/** What a handshake fails with where the other side does not speak TLS: it answers in words, or hangs up. */
const NO_TLS =
  /^(?:ERR_SSL_(?:WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST)|EPROTO|ECONNRESET|EPIPE)$/;

/** What a request begins with. */
export type Scheme = "http" | "https";

/** How {@link detectScheme} gets a connection. */
export interface DetectSchemeOptions {
  readonly openSocket: (url: URL, options: AbortOptions) => Promise<Socket>;
  readonly signal?: AbortSignal | undefined;
  /** Plain http goes to the host through a proxy, and https does not. @default false */
  readonly isPlainProxied?: boolean;
}

/** Where plain http is allowed without being asked for, as docker does. */
export function isLoopback(host: string): boolean {
  const { hostname } = new URL(`http://${host}`);
  return hostname === "localhost" || isLoopbackAddress(hostname);
}

/**
 * The scheme of a host that may speak plain http: `https` if it knows what a TLS handshake is, else `http`. No request is
 * sent. Plain http is left where nobody listens at the port of https, where a proxy opens no tunnel, and where only a
 * proxy for plain http may reach the host.
 *
 * @throws what keeps it from being connected to; the abort reason
 */
export async function detectScheme(host: string, options: DetectSchemeOptions): Promise<Scheme> {
  const { openSocket, signal, isPlainProxied = false } = options;
  const url = new URL(`https://${host}`);
  let socket: Socket;
  try {
    socket = await openSocket(url, signal === undefined ? {} : { signal });
  } catch (error) {
    signal?.throwIfAborted();
    const fault = faultCode(error);
    if (isPlainProxied && fault !== "") return "http";
    const isClosed = url.port === "" && fault === "ECONNREFUSED";
    if (isClosed || (error instanceof NetworkError && error.code === "DENIED")) return "http";
    throw error;
  }
  signal?.throwIfAborted();
  try {
    return await shakeHands(socket, url, signal);
  } finally {
    socket.destroy();
  }
}

async function shakeHands(
  socket: Socket,
  { hostname }: URL,
  signal: AbortSignal | undefined,
): Promise<Scheme> {
  const isAddress = isIP(hostname) !== 0 || hostname.startsWith("[");
  return await new Promise((resolve, reject) => {
    const secured = connect({
      socket,
      // Only asks whether the other side speaks TLS; requests verify the certificate.
      rejectUnauthorized: false,
      ...(isAddress ? {} : { servername: hostname }),
    });
    if (signal !== undefined) addAbortSignal(signal, secured);
    secured.setTimeout(HANDSHAKE_TIMEOUT_MS, () => resolve("http"));
    secured.once("secureConnect", () => resolve("https"));
    secured.once("close", () => resolve("http"));
    secured.on("error", (error) => {
      if (signal?.aborted === true) reject(signal.reason);
      // An alert is TLS, too: some want a client certificate before anything else.
      else resolve(NO_TLS.test(faultCode(error)) ? "http" : "https");
    });
  });
}
