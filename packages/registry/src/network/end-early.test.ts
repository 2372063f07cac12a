import { once } from "node:events";
import { createServer } from "node:net";
import { expect, test } from "vitest";
import { useClients } from "../../../../test/support/clients.ts";
import { createNetwork } from "./network.ts";

/** Far more than stopping takes, far less than proxies are given to answer. */
const STOP_WITHIN_MS = 5000;

const { closeAfterTest, open, serveOdd } = useClients();

/** A proxy that takes connections and says nothing; resolves to its URL. */
async function serveSilence(): Promise<string> {
  const server = createServer((socket) => {
    closeAfterTest({ close: async () => void socket.destroy() });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  closeAfterTest({ close: async () => void server.close() });
  const address = server.address();
  return `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
}

test.each([
  ["a tunnel for a request", false],
  ["a tunnel to find out what is spoken", true],
])(
  "a signal ends the wait for %s, and closing waits for nothing either",
  async (_what, isInsecure) => {
    const network = createNetwork({ environment: { HTTPS_PROXY: await serveSilence() } });
    const registry = open("r.test", { network, isInsecure });
    const controller = new AbortController();
    const reason = new Error("stopped");
    const startedAt = performance.now();
    setTimeout(() => controller.abort(reason), 200);

    const resolved = registry.openRepository("a").resolve("1", { signal: controller.signal });

    await expect(resolved).rejects.toBe(reason);
    await registry.close();
    expect(performance.now() - startedAt).toBeLessThan(STOP_WITHIN_MS);
  },
  60_000,
);

test("a signal ends the wait for another request that tries the proxy's password", async () => {
  const url = (await serveSilence()).replace("//", "//ada:secret@");
  const network = createNetwork({ environment: { HTTP_PROXY: url } });
  const redirecting = await serveOdd(() => ({ status: 307, headers: { location: "http://a.test/x" } }));
  const controller = new AbortController();
  const reason = new Error("stopped");
  const options = { signal: controller.signal };
  const resolved = ["a", "b"].map(
    async (name) => await open(redirecting.host, { network }).openRepository(name).resolve("1", options),
  );
  setTimeout(() => controller.abort(reason), 500);

  expect(await Promise.allSettled(resolved)).toEqual(Array(2).fill({ status: "rejected", reason }));
});
