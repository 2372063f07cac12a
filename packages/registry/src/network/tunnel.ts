import { Socket } from "node:net";
import type { Dispatcher } from "undici";
import type { AskProxy } from "./ask-proxy.ts";
import { portOf } from "./connect.ts";
import type { ProxyServer } from "./proxies.ts";
import { describeProxyFault, describeProxyStatus, describeProxyTimeout } from "./proxy-fault.ts";

/** The proxy has to reach the host first. */
const TUNNEL_TIMEOUT_MS = 30_000;

/** Opens a connection to the host of a URL through a proxy. @throws NetworkError naming the proxy */
export type OpenTunnel = (proxy: ProxyServer, url: URL) => Promise<Socket>;

/** What tunnels are opened with. */
export interface TunnelOptions {
  /** Requests to proxies. */
  readonly toProxies: Dispatcher;
  readonly askProxy: AskProxy;
  /** @default 30 seconds */
  readonly timeoutMs?: number;
}

/**
 * Tunnels through proxies by CONNECT ({@link https://www.rfc-editor.org/rfc/rfc9110#CONNECT}). A proxy that has refused
 * our password is not asked.
 */
export function createTunnelOpener(options: TunnelOptions): OpenTunnel {
  return async (proxy, url) =>
    await options.askProxy(proxy, async () => {
      const target = `${url.hostname}:${portOf(url)}`;
      const { statusCode, socket } = await requestTunnel(proxy, target, options);
      if (statusCode >= 200 && statusCode < 300 && socket instanceof Socket) return socket;
      socket.on("error", () => undefined).destroy();
      throw describeProxyStatus(proxy, statusCode, target);
    });
}

async function requestTunnel(
  proxy: ProxyServer,
  target: string,
  { toProxies, timeoutMs = TUNNEL_TIMEOUT_MS }: TunnelOptions,
): Promise<Dispatcher.ConnectData> {
  const { origin, headers } = proxy;
  try {
    return await toProxies.connect({
      origin,
      path: target,
      headers: { host: target, ...headers },
      signal: AbortSignal.timeout(timeoutMs),
    });
  } catch (error) {
    const isLate = error instanceof Error && error.name === "TimeoutError";
    throw isLate ? describeProxyTimeout(proxy, { target, timeoutMs }) : describeProxyFault(proxy, error);
  }
}
