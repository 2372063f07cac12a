import { once } from "node:events";
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import { connect, type Socket } from "node:net";

/** The head of tinyproxy's answer to a wrong login. */
const TINYPROXY = { server: "tinyproxy/1.11.1", "www-authenticate": 'Basic realm="Tinyproxy"' };

/** What a proxy was asked for. */
export interface ProxiedRequest {
  readonly method: string;
  /** `HOST:PORT` of CONNECT, else the whole URL. */
  readonly target: string;
  readonly authorization: string | undefined;
}

/** How a proxy behaves. */
export interface ProxyServerOptions {
  /** `127.0.0.1:PORT` for names that only the proxy knows. */
  readonly names: Readonly<Record<string, string>>;
  /** `USER:PASSWORD` that it wants. @default none */
  readonly login?: string;
  /** Answers CONNECT with this status alone. */
  readonly connectStatus?: number;
  /** Whether it answers CONNECT so without looking at passwords. @default false */
  readonly deniesFirst?: boolean;
  /** Whether it answers a wrong login as tinyproxy does, with 401. @default false: 407 */
  readonly isTinyproxy?: boolean;
}

/** A proxy that runs. */
export interface ProxyServer {
  readonly host: string;
  readonly url: string;
  readonly requests: readonly ProxiedRequest[];
  close(): Promise<void>;
}

/** Serves a proxy for tunnels and for requests without TLS on loopback. */
export async function serveProxy(options: ProxyServerOptions): Promise<ProxyServer> {
  const { names, login, connectStatus = 200, deniesFirst = false, isTinyproxy = false } = options;
  const requests: ProxiedRequest[] = [];
  const sockets = new Set<Socket>();
  const server = createServer();

  /** Whether it is let in. */
  const admit = ({ method = "", url: target = "", headers }: IncomingMessage): boolean => {
    const authorization = headers["proxy-authorization"];
    requests.push({ method, target, authorization });
    return login === undefined || authorization === `Basic ${Buffer.from(login).toString("base64")}`;
  };
  const openTunnel = (incoming: IncomingMessage, client: Socket): void => {
    const isAdmitted = admit(incoming) || deniesFirst;
    if (!isAdmitted || connectStatus !== 200) {
      client.end(`HTTP/1.1 ${isAdmitted ? connectStatus : 407} No\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    const { hostname, port } = new URL(`http://${names[incoming.url ?? ""] ?? incoming.url}`);
    const upstream = connect(Number(port), hostname);
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(from);
      from.on("error", () => to.destroy()).pipe(to);
    }
    upstream.once("connect", () => client.write("HTTP/1.1 200 OK\r\n\r\n"));
  };
  const forward = (incoming: IncomingMessage, response: ServerResponse): void => {
    const { method = "", url = "", headers } = incoming;
    if (!admit(incoming)) {
      if (isTinyproxy && headers["proxy-authorization"] !== undefined) response.writeHead(401, TINYPROXY);
      else response.writeHead(407);
      response.end();
      return;
    }
    const { host, pathname, search } = new URL(url);
    const upstream = request(`http://${names[host] ?? host}${pathname}${search}`, { method, headers });
    upstream.on("response", (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    upstream.on("error", () => response.writeHead(502).end());
    incoming.pipe(upstream);
  };

  server.on("connect", openTunnel);
  server.on("request", forward);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const host = `127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
  return {
    host,
    url: `http://${host}`,
    requests,
    async close() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
