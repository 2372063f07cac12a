import { isIP, type Socket } from "node:net";
import { createSecureContext, type SecureContext } from "node:tls";
import { buildConnector } from "undici";
import { type Connect, type ConnectTarget, openWith } from "./connect.ts";
import type { Endpoint } from "./direct/endpoint.ts";
import type { HostTls, Network } from "./network.ts";

const HANDSHAKE_TIMEOUT_MS = 15_000;

/** Speaks TLS over connections that are there. */
export interface TlsStarter {
  /** @throws `FILE_FAILED` for certificates that cannot be used; what a handshake fails with */
  start(host: string, target: ConnectTarget, socket: Socket): Promise<Socket>;
  /** What a connection is made with that begins with TLS. @throws `FILE_FAILED` for certificates that cannot be used */
  secure(host: string, hostname: string): Promise<NonNullable<Endpoint["tls"]>>;
  /** What TLS is spoken with to a host, once it has been. */
  tlsOf(host: string): HostTls | undefined;
}

/** Certificates are read once for each host, when it is first needed; sessions are used again. */
export function createTlsStarter(network: Network, isVerified: (host: string) => boolean): TlsStarter {
  const connectors = new Map<string, Promise<Connect>>();
  const known = new Map<string, HostTls>();
  const contexts = new Map<string, Promise<SecureContext>>();

  const readTls = async (host: string): Promise<HostTls> => {
    const tls = await network.readTls(host, { isVerified: isVerified(host) });
    known.set(host, tls);
    return tls;
  };

  const createFor = async (host: string): Promise<Connect> => {
    const tls = await readTls(host);
    return buildConnector({ ...tls.context, allowH2: false, timeout: HANDSHAKE_TIMEOUT_MS });
  };

  return {
    async start(host, target, httpSocket) {
      const connector = connectors.get(host) ?? createFor(host);
      connectors.set(host, connector);
      try {
        return await openWith(await connector, { ...target, httpSocket });
      } catch (error) {
        httpSocket.destroy();
        throw error;
      }
    },
    async secure(host, hostname) {
      // All authorities are read for it: that takes longer than a handshake.
      const context = contexts.get(host) ?? readTls(host).then((tls) => createSecureContext(tls.context));
      contexts.set(host, context);
      return {
        secureContext: await context,
        rejectUnauthorized: isVerified(host),
        servername: isIP(hostname) === 0 ? hostname : "",
        ALPNProtocols: ["http/1.1"],
      };
    },
    tlsOf: (host) => known.get(host),
  };
}
