import { getEventListeners, once } from "node:events";
import type { Socket } from "node:net";
import { Agent } from "undici";
import { beforeEach, expect, test } from "vitest";
import { useClients } from "../../../../test/support/clients.ts";
import { type Connector, createConnector } from "./connector.ts";
import { createNetwork } from "./network.ts";

const { closeAfterTest, serveOdd } = useClients();

let closing: AbortController;
let connector: Connector;
let url: URL;

beforeEach(async () => {
  const { host } = await serveOdd(() => ({ status: 404 }));
  closing = new AbortController();
  url = new URL(`http://${host}`);
  connector = createConnector({
    network: createNetwork(),
    host,
    isInsecure: true,
    toProxies: closeAfterTest(new Agent()),
    watch: (socket) => socket,
    closing: closing.signal,
  });
});

/** Every request that node makes a connection for would stay in memory to the end of the run. */
test("openSocket() leaves nothing of a connection that has closed at the signal", async () => {
  const before = getEventListeners(closing.signal, "abort").length;

  for (let i = 0; i < 5; i++) {
    const socket = await connector.openSocket(url);
    await close(socket);
  }

  expect(getEventListeners(closing.signal, "abort")).toHaveLength(before);
});

test("openSocket() opens connections that end with the signal", async () => {
  const socket = await connector.openSocket(url);
  const failed = once(socket, "error");

  closing.abort();

  expect(String(await failed)).toContain("AbortError");
  expect(socket.destroyed).toBe(true);
});

test("openSocket() opens nothing after the signal", async () => {
  closing.abort(new Error("closed"));

  await expect(connector.openSocket(url)).rejects.toThrow("closed");
});

async function close(socket: Socket): Promise<void> {
  const closed = once(socket, "close");
  socket.destroy();
  await closed;
}
