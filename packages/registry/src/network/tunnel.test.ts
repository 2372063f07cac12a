import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { Agent } from "undici";
import { expect, test } from "vitest";
import { createAskProxy } from "./ask-proxy.ts";
import { readProxies } from "./proxies.ts";
import { createTunnelOpener } from "./tunnel.ts";

test("a proxy that opens no tunnel in time is named, and where the tunnel was to go", async () => {
  const sockets: Socket[] = [];
  const server = createServer((socket) => sockets.push(socket));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const host = `127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
  const toProxies = new Agent();
  const openTunnel = createTunnelOpener({ toProxies, askProxy: createAskProxy(), timeoutMs: 200 });
  const url = new URL("https://r.test");
  const proxy = readProxies({ HTTPS_PROXY: host })(url);
  if (proxy === undefined) throw new Error("no proxy");

  await expect(openTunnel(proxy, url)).rejects.toMatchObject({
    code: "CONNECTION_FAILED",
    message: `the proxy ${host} opens no connection to r.test:443 within 0.2 seconds`,
    hint: expect.stringContaining("NO_PROXY"),
  });

  await toProxies.destroy();
  for (const socket of sockets) socket.destroy();
  server.close();
});
