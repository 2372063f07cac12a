import { Socket } from "node:net";
import type { Dispatcher } from "undici";
import { portOf } from "./connect.ts";
import type { ProxyServer } from "./proxies.ts";
import { describeProxyFault, describeProxyStatus } from "./proxy-fault.ts";

/** The proxy has to reach the host first. */
const TUNNEL_TIMEOUT_MS = 30_000;

/** Opens a connection to the host of a URL through a proxy. @throws NetworkError naming the proxy */
export type OpenTunnel = (proxy: ProxyServer, url: URL) => Promise<Socket>;

/**
 * Tunnels through proxies by CONNECT ({@link https://www.rfc-editor.org/rfc/rfc9110#CONNECT}). A proxy that refuses our
 * password is not asked again: many systems lock an account that is tried too often.
 */
export function createTunnelOpener(toProxies: Dispatcher): OpenTunnel {
  const refusals = new Map<string, Error>();
  return async (proxy, url) => {
    const refusal = refusals.get(proxy.origin);
    if (refusal !== undefined) throw refusal;
    const target = `${url.hostname}:${portOf(url)}`;
    const { statusCode, socket } = await requestTunnel(proxy, target, toProxies);
    if (statusCode >= 200 && statusCode < 300 && socket instanceof Socket) return socket;
    socket.on("error", () => undefined).destroy();
    const fault = describeProxyStatus(proxy, statusCode, target);
    if (fault.code === "UNAUTHORIZED") refusals.set(proxy.origin, fault);
    throw fault;
  };
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
