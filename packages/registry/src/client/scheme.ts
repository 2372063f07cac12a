import { isIP } from "node:net";
import { connect } from "node:tls";

/** How long a handshake may take before plain http is tried. */
const HANDSHAKE_TIMEOUT_MS = 10_000;

/** Where plain http is allowed without being asked for, as docker does. */
export function isLoopback(host: string): boolean {
  const name = new URL(`http://${host}`).hostname;
  return name === "localhost" || name === "[::1]" || (isIP(name) === 4 && name.startsWith("127."));
}

/**
 * The scheme of a host that may speak plain http: `https` if it answers a TLS handshake, else `http`. No request is sent.
 */
export async function detectScheme(host: string): Promise<"http" | "https"> {
  const { hostname, port } = new URL(`https://${host}`);
  const isAddress = isIP(hostname) !== 0 || hostname.startsWith("[");
  return await new Promise((resolve) => {
    const socket = connect({
      host: hostname.replace(/^\[|\]$/g, ""),
      port: port === "" ? 443 : Number(port),
      timeout: HANDSHAKE_TIMEOUT_MS,
      // Only asks whether the other side speaks TLS; requests verify the certificate.
      rejectUnauthorized: false,
      ...(isAddress ? {} : { servername: hostname }),
    });
    const settle = (scheme: "http" | "https"): void => {
      socket.destroy();
      resolve(scheme);
    };
    socket.once("secureConnect", () => settle("https"));
    socket.once("timeout", () => settle("http"));
    socket.once("error", () => settle("http"));
  });
}
