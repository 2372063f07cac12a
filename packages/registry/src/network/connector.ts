import type { LookupFunction, Socket } from "node:net";
import type { AbortOptions } from "@airgap-bundle/core";
import { buildConnector, type Dispatcher } from "undici";
import { isLoopbackAddress } from "./address.ts";
import { CONNECT_TIMEOUT_MS, type Connect, openWith, portOf, toConnect, urlOf } from "./connect.ts";
import type { Endpoint } from "./direct/endpoint.ts";
import { createGuard } from "./guard.ts";
import type { KeptEndings } from "./kept-endings.ts";
import type { HostTls, Network } from "./network.ts";
import { createTlsStarter } from "./tls-starter.ts";
import { createTunnelOpener } from "./tunnel.ts";

/** What connections are made with. */
export interface ConnectorOptions {
  readonly network: Network;
  /** HOST[:PORT] of the registry itself. */
  readonly host: string;
  /** Whether the certificate of that host and port goes unchecked. */
  readonly isInsecure: boolean;
  /** Requests to proxies. */
  readonly toProxies: Dispatcher;
  /** Gets every connection that is opened here. */
  readonly watch: KeptEndings["watch"];
  /** Aborted when no connection is needed any more. */
  readonly closing: AbortSignal;
}

/** Opens connections, straight or through a proxy, and none to blocked addresses. */
export interface Connector {
  /** TCP and, for https, TLS. */
  readonly connect: Connect;
  /** TCP alone, whatever the scheme. @throws what it fails with; the abort reason */
  openSocket(url: URL, options?: AbortOptions): Promise<Socket>;
  /** What a connection straight to a host is made with. @throws `FILE_FAILED` for certificates that cannot be used */
  endpointOf(url: URL): Promise<Endpoint>;
  /** Checks what can be seen of a URL before a connection is made. @throws NetworkError */
  check(url: URL): void;
  /** What TLS is spoken with to a host, once it has been. */
  tlsOf(host: string): HostTls | undefined;
}

/** A connector for a registry and the hosts that it sends us to. */
export function createConnector(options: ConnectorOptions): Connector {
  const { network, host, isInsecure, toProxies, watch, closing } = options;
  const own = new URL(`https://${host}`);
  const openTunnel = createTunnelOpener({ toProxies, askProxy: network.askProxy });
  const tls = createTlsStarter(network, (name) =>
    name === own.host ? !isInsecure : !network.isInsecure(name),
  );
  // A registry on this machine may send us to this machine.
  let allowsLoopback = isLoopbackAddress(own.hostname);
  const guard = createGuard({ allowsLoopback: () => allowsLoopback });
  const openFreely = createTcpOpener({ closing });
  const openGuarded = createTcpOpener({ closing, lookup: guard.lookup });

  /** What the operator names himself is not blocked. */
  const isNamed = (url: URL): boolean => url.hostname === own.hostname || network.isInsecure(url.host);

  const openSocket = async (url: URL): Promise<Socket> => {
    const proxy = network.findProxy(url);
    if (proxy !== undefined) return await openTunnel(proxy, url);
    const socket = await (isNamed(url) ? openFreely : openGuarded)(url);
    if (url.hostname === own.hostname) allowsLoopback ||= isLoopbackAddress(socket.remoteAddress ?? "");
    return socket;
  };

  return {
    async openSocket(url, { signal } = {}) {
      signal?.throwIfAborted();
      return await orAborted(openSocket(url), signal);
    },
    connect: toConnect(async (target) => {
      const url = urlOf(target);
      const socket = await openSocket(url);
      return watch(url.protocol === "http:" ? socket : await tls.start(url.host, target, socket));
    }),
    async endpointOf(url) {
      const hostname = bareHostname(url);
      const guarded = isNamed(url) ? {} : { lookup: guard.lookup };
      return {
        tcp: { host: hostname, port: Number(portOf(url)), ...guarded },
        tls: url.protocol === "http:" ? undefined : await tls.secure(url.host, hostname),
      };
    },
    check(url) {
      if (!isNamed(url)) guard.check(url.hostname);
    },
    tlsOf: tls.tlsOf,
  };
}

/** Opens connections to proxies, which the operator names: nothing of them is blocked. */
export function createProxyConnector({
  network,
  watch,
  closing,
}: Pick<ConnectorOptions, "network" | "watch" | "closing">): Connect {
  const openTcp = createTcpOpener({ closing });
  const tls = createTlsStarter(network, (host) => !network.isInsecure(host));
  return toConnect(async (target) => {
    const url = urlOf(target);
    const socket = await openTcp(url);
    return watch(url.protocol === "http:" ? socket : await tls.start(url.host, target, socket));
  });
}

/** Waits for a connection no longer than the signal allows; one that comes later is not kept. */
async function orAborted(opening: Promise<Socket>, signal: AbortSignal | undefined): Promise<Socket> {
  if (signal === undefined) return await opening;
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = (): void => {
    reject(signal.reason);
    opening.then(
      (socket) => socket.destroy(),
      () => undefined,
    );
  };
  signal.addEventListener("abort", abort, { once: true });
  try {
    return await Promise.race([opening, aborted]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

interface TcpOptions {
  readonly closing: AbortSignal;
  readonly lookup?: LookupFunction;
}

type OpenTcp = (url: URL) => Promise<Socket>;

/** Opens connections that `closing` ends: one that nobody answers would keep the process from ending. */
function createTcpOpener({ closing, lookup }: TcpOptions): OpenTcp {
  const guarded = lookup === undefined ? {} : { lookup };
  // node never takes its listener off a signal that it made a socket with: each socket gets a signal of its own.
  const open = new Set<AbortController>();
  closing.addEventListener("abort", () => {
    for (const one of open) one.abort(closing.reason);
  });
  return async (url) => {
    closing.throwIfAborted();
    const own = new AbortController();
    open.add(own);
    try {
      const connect = buildConnector({ timeout: CONNECT_TIMEOUT_MS, signal: own.signal, ...guarded });
      const target = { hostname: bareHostname(url), host: url.host, protocol: "http:", port: portOf(url) };
      return (await openWith(connect, target)).once("close", () => open.delete(own));
    } catch (error) {
      open.delete(own);
      throw error;
    }
  };
}

/** Without the brackets that URLs have around an address of IPv6. */
function bareHostname({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/g, "");
}
