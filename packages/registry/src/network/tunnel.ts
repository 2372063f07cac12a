import { Socket } from "node:net";
import type { Dispatcher } from "undici";
import type { AskProxy } from "./ask-proxy.ts";
import { portOf } from "./connect.ts";
import type { ProxyServer } from "./proxies.ts";
import { describeProxyFault, describeProxyStatus } from "./proxy-fault.ts";

/** The proxy has to reach the host first. */
const TUNNEL_TIMEOUT_MS = 30_000;

/** Opens a connection to the host of a URL through a proxy. @throws NetworkError naming the proxy */
export type OpenTunnel = (proxy: ProxyServer, url: URL) => Promise<Socket>;

/**
 * Tunnels through proxies by CONNECT ({@link https://www.rfc-editor.org/rfc/rfc9110#CONNECT}). A proxy that has refused
 * our password is not asked.
 */
export function createTunnelOpener(toProxies: Dispatcher, askProxy: AskProxy): OpenTunnel {
  return async (proxy, url) =>
    await askProxy(proxy, async () => {
      const target = `${url.hostname}:${portOf(url)}`;
      const { statusCode, socket } = await requestTunnel(proxy, target, toProxies);
      if (statusCode >= 200 && statusCode < 300 && socket instanceof Socket) return socket;
      socket.on("error", () => undefined).destroy();
      throw describeProxyStatus(proxy, statusCode, target);
    });
}

async function requestTunnel(
  proxy: ProxyServer,
  target: string,
  toProxies: Dispatcher,
): Promise<Dispatcher.ConnectData> {
  const { origin, headers } = proxy;
  try {
    return await toProxies.connect({
      origin,
      path: target,
      headers: { host: target, ...headers },
      signal: AbortSignal.timeout(TUNNEL_TIMEOUT_MS),
    });
  } catch (error) {
    throw describeProxyFault(proxy, error);
  }
}
