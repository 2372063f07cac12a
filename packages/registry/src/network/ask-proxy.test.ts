import { describe, expect, test } from "vitest";
import { useClients } from "../../../../test/support/clients.ts";
import { type ProxyServerOptions, serveProxy } from "../../../../test/support/proxy-server.ts";
import { createAskProxy } from "./ask-proxy.ts";
import { createNetwork, type Network } from "./network.ts";
import { NetworkError } from "./network-error.ts";
import type { ProxyServer } from "./proxies.ts";

const HOSTS = ["a.test:5000", "b.test:5000", "c.test:5000"];

const { closeAfterTest, open, serveOdd } = useClients();

interface Asked {
  readonly network: Network;
  /** What the proxy was asked, with the password. */
  readonly targets: () => readonly string[];
}

/** The network behind a proxy of which we have a password that it may not know. */
async function openNetwork(
  options: ProxyServerOptions,
  others: Readonly<Record<string, string>> = {},
): Promise<Asked> {
  const proxy = closeAfterTest(await serveProxy(options));
  const url = proxy.url.replace("//", "//ada:wrong@");
  return {
    network: createNetwork({ environment: { ALL_PROXY: url, ...others } }),
    targets: () => proxy.requests.map(({ method, target }) => `${method} ${target.replace(/^http:../, "")}`),
  };
}

/** The codes of errors, one for each of several images of several registries. */
async function resolveAll(network: Network, isInsecure: boolean): Promise<ReadonlySet<string>> {
  const registries = HOSTS.map((host) => open(host, { network, isInsecure }));
  const resolved = registries.flatMap((registry) =>
    ["x", "y"].map(async (name) => await registry.openRepository(name).resolve("1")),
  );
  const codes = (await Promise.allSettled(resolved)).map((result) =>
    result.status === "rejected" ? result.reason.code : "fulfilled",
  );
  return new Set(codes);
}

describe("a password that the proxy refuses", () => {
  test("is sent once, whatever the number of registries and images", async () => {
    const { network, targets } = await openNetwork({ names: {}, login: "ada:right" });

    expect(await resolveAll(network, false)).toEqual(new Set(["UNAUTHORIZED"]));
    expect(await resolveAll(network, true)).toEqual(new Set(["UNAUTHORIZED"]));

    expect(targets()).toHaveLength(1);
  });

  test("is sent once with requests that are forwarded", async () => {
    // As squid's usual configuration: before it looks at passwords it denies tunnels to other ports than 443.
    const { network, targets } = await openNetwork({
      names: {},
      login: "ada:right",
      connectStatus: 403,
      deniesFirst: true,
    });

    expect(await resolveAll(network, true)).toEqual(new Set(["UNAUTHORIZED"]));
    expect(await resolveAll(network, true)).toEqual(new Set(["UNAUTHORIZED"]));

    expect(targets().filter((target) => !target.startsWith("CONNECT"))).toHaveLength(1);
  });

  test("is sent once with requests that tinyproxy forwards, and answers with 401", async () => {
    // That alone: to CONNECT it would have refused the password before.
    const { network, targets } = await openNetwork({
      names: {},
      login: "ada:right",
      connectStatus: 403,
      deniesFirst: true,
      isTinyproxy: true,
    });

    expect(await resolveAll(network, true)).toEqual(new Set(["UNAUTHORIZED"]));
    expect(await resolveAll(network, true)).toEqual(new Set(["UNAUTHORIZED"]));

    expect(targets().filter((target) => !target.startsWith("CONNECT"))).toHaveLength(1);
  });

  test("says nothing of another one for the same proxy", async () => {
    const server = await serveOdd(() => ({ status: 404 }));
    const names = { "a.test:5000": server.host };
    const proxy = closeAfterTest(await serveProxy({ names, login: "ada:right" }));
    const of = (password: string): string => proxy.url.replace("//", `//ada:${password}@`);
    const network = createNetwork({ environment: { HTTPS_PROXY: of("wrong"), HTTP_PROXY: of("right") } });
    const registry = await serveOdd(() => ({ status: 307, headers: { location: "http://a.test:5000/x" } }));

    await expect(open("b.test", { network }).openRepository("x").resolve("1")).rejects.toMatchObject({
      code: "UNAUTHORIZED",
    });
    await expect(open(registry.host, { network }).openRepository("x").resolve("1")).resolves.toBeUndefined();
  });
});

test("a password that the proxy takes lets everything else through", async () => {
  const server = await serveOdd(() => ({ status: 404 }));
  const names = Object.fromEntries(HOSTS.map((host) => [host, server.host]));
  const { network, targets } = await openNetwork({ names, login: "ada:wrong" });

  expect(await resolveAll(network, true)).toEqual(new Set(["fulfilled"]));

  expect(targets()).toHaveLength(HOSTS.length * 3);
});

describe("createAskProxy()", () => {
  const proxy: ProxyServer = {
    origin: "http://p.test",
    host: "p.test",
    variable: "HTTPS_PROXY",
    headers: { "proxy-authorization": "Basic x" },
  };

  test.each(["CONNECTION_FAILED", "DENIED", "TLS_FAILED"] as const)(
    "sends one thing at a time until something was let through, also after %s",
    async (code) => {
      const askProxy = createAskProxy();
      const sent: number[] = [];
      const send = async (number: number): Promise<void> => {
        sent.push(number);
        await Promise.resolve();
        throw new NetworkError(sent.length === 1 ? code : "UNAUTHORIZED", "no");
      };

      const asked = Array.from(
        { length: 12 },
        async (_, number) => await askProxy(proxy, async () => await send(number)),
      );
      const results = await Promise.allSettled(asked);

      expect(results.every(({ status }) => status === "rejected")).toBe(true);
      expect(sent).toEqual([0, 1]);
    },
  );

  test("waits for others no longer than it may", async () => {
    const askProxy = createAskProxy({ maxWaitMs: 20 });
    const held = Promise.withResolvers<string>();
    const first = askProxy(proxy, async () => await held.promise);

    expect(await askProxy(proxy, async () => await Promise.resolve("second"))).toBe("second");

    held.resolve("first");
    expect(await first).toBe("first");
  });
});
