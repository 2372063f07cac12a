import type { Socket } from "node:net";
import { buildConnector } from "undici";
import { type Connect, type ConnectTarget, openWith } from "./connect.ts";
import type { HostTls, Network } from "./network.ts";

const HANDSHAKE_TIMEOUT_MS = 15_000;

/** Speaks TLS over connections that are there. */
export interface TlsStarter {
  /** @throws `FILE_FAILED` for certificates that cannot be used; what a handshake fails with */
  start(host: string, target: ConnectTarget, socket: Socket): Promise<Socket>;
  /** What TLS is spoken with to a host, once it has been. */
  tlsOf(host: string): HostTls | undefined;
}

/** Certificates are read once for each host, when it is first needed; sessions are used again. */
export function createTlsStarter(network: Network, isVerified: (host: string) => boolean): TlsStarter {
  const connectors = new Map<string, Promise<Connect>>();
  const known = new Map<string, HostTls>();

  const createFor = async (host: string): Promise<Connect> => {
    const tls = await network.readTls(host, { isVerified: isVerified(host) });
    known.set(host, tls);
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
    tlsOf: (host) => known.get(host),
  };
}
