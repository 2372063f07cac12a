import { describeCauses, type TransferEvent } from "@airgap-bundle/core";
import { describe, expect, test } from "vitest";
import { useClients } from "../../../../test/support/clients.ts";
import { makeImage } from "../../../../test/support/images.ts";
import { answerManifest } from "../../../../test/support/manifest-answer.ts";
import {
  type ProxyServer,
  type ProxyServerOptions,
  serveProxy,
} from "../../../../test/support/proxy-server.ts";
import type { AnswerRequest, RawServer } from "../../../../test/support/raw-server.ts";
import type { RegistryOptions } from "../client/open-registry.ts";
import type { Exchange } from "./exchange.ts";
import { createNetwork } from "./network.ts";

const IMAGE = makeImage(["layer"]);
const MANIFEST = answerManifest(IMAGE);
/** A name that only the proxy knows. */
const NAME = "registry.test:5000";
const LOGIN = { encoded: "ada:p%40ss", decoded: "ada:p@ss" };

const { closeAfterTest, open, serveOdd } = useClients();

interface Scene {
  readonly proxy: ProxyServer;
  readonly server: RawServer;
  resolve(): Promise<unknown>;
}

type SceneOptions = Partial<RegistryOptions> &
  Partial<ProxyServerOptions> & {
    readonly encoded?: string;
    readonly insecureHosts?: readonly string[];
    readonly variable?: string;
  };

/** A registry without TLS that only a proxy can reach. */
async function openScene(answer: AnswerRequest, options: SceneOptions = {}): Promise<Scene> {
  const { encoded, insecureHosts = [], names = {}, variable = "ALL_PROXY", ...others } = options;
  const server = await serveOdd(answer);
  const proxy = closeAfterTest(await serveProxy({ names: { [NAME]: server.host, ...names }, ...others }));
  const url = encoded === undefined ? proxy.url : proxy.url.replace("//", `//${encoded}@`);
  const network = createNetwork({ environment: { [variable]: url }, insecureHosts });
  const registry = open(NAME, { isInsecure: true, network, ...others });
  return {
    proxy,
    server,
    resolve: async () => await registry.openRepository("team/app").resolve("7"),
  };
}

describe("a proxy", () => {
  test("is asked for a tunnel, and for whole URLs without TLS, each time with its password", async () => {
    const { proxy, server, resolve } = await openScene(() => MANIFEST, {
      login: LOGIN.decoded,
      encoded: LOGIN.encoded,
    });

    expect(await resolve()).toEqual(IMAGE.descriptor);

    expect(proxy.requests.map(({ method, target }) => `${method} ${target}`)).toEqual([
      `CONNECT ${NAME}`,
      `HEAD http://${NAME}/v2/team/app/manifests/7`,
    ]);
    expect(server.requests[0]?.headers.host).toBe(NAME);
  });

  test.each([
    [{ connectStatus: 502 }, "CONNECTION_FAILED", /has no connection to registry\.test:5000 \(502\)/],
    [{ login: LOGIN.decoded }, "UNAUTHORIZED", /wants a user name and a password \(407\)/],
    [
      { login: LOGIN.decoded, encoded: "ada:no" },
      "UNAUTHORIZED",
      /refuses this user name and password \(407\)/,
    ],
  ])(
    "is named without its password where it opens no tunnel: %j",
    async (options, code, message) => {
      const { proxy, resolve } = await openScene(() => MANIFEST, options);

      await expect(resolve()).rejects.toMatchObject({
        code,
        message: expect.stringMatching(message),
        hint: expect.stringMatching(/ALL_PROXY|NO_PROXY/),
      });
      await expect(resolve()).rejects.toMatchObject({
        message: expect.stringContaining(`the proxy ${proxy.host}`),
      });
    },
    30_000,
  );

  test("row 115: that refuses a password is not asked again", async () => {
    const { proxy, resolve } = await openScene(() => MANIFEST, { login: LOGIN.decoded });

    await expect(resolve()).rejects.toMatchObject({ code: "UNAUTHORIZED" });
    await expect(resolve()).rejects.toMatchObject({ code: "UNAUTHORIZED" });

    expect(proxy.requests).toHaveLength(1);
  });

  test("row 115: that allows no tunnels is asked for URLs without TLS all the same", async () => {
    const { resolve } = await openScene(() => MANIFEST, { connectStatus: 403 });

    expect(await resolve()).toEqual(IMAGE.descriptor);
  });

  test("that is only for URLs without TLS is asked where the host is not reached without it", async () => {
    const { proxy, resolve } = await openScene(() => MANIFEST, { variable: "HTTP_PROXY" });

    expect(await resolve()).toEqual(IMAGE.descriptor);

    expect(proxy.requests.map(({ method }) => method)).toEqual(["HEAD"]);
  }, 30_000);

  test.each(["/v2/", "/token"])(
    "whose page for %s repeats its password is told without that",
    async (place) => {
      const challenge = `Bearer realm="http://${NAME}/token"`;
      const server = await serveOdd(({ url, headers }) => {
        if (!url.includes(place)) return { status: 401, headers: { "www-authenticate": challenge } };
        const sent = headers["proxy-authorization"] ?? "";
        const login = Buffer.from(sent.replace("Basic ", ""), "base64").toString();
        return { status: 400, body: `got ${sent}, which is ${login}`, headers: { "x-request-id": sent } };
      });
      const environment = { HTTP_PROXY: server.url.replace("//", `//${LOGIN.encoded}@`) };
      const registry = open(NAME, { isInsecure: true, network: createNetwork({ environment }) });

      const error: unknown = await Array.fromAsync(registry.openRepository("team/app").listTags()).catch(
        (thrown: unknown) => thrown,
      );

      const told = [String(error), ...describeCauses(error)].join(" ");
      expect(told).toContain("got Basic ***, which is ada:***");
      expect(told).not.toContain("p@ss");
      expect(told).not.toContain(Buffer.from(LOGIN.decoded).toString("base64"));
    },
  );

  test("that repeats its password in a warning is heard without that", async () => {
    const server = await serveOdd(({ headers }) => ({
      ...MANIFEST,
      headers: { ...MANIFEST.headers, warning: `299 - "got ${headers["proxy-authorization"]}"` },
    }));
    const environment = { HTTP_PROXY: server.url.replace("//", `//${LOGIN.encoded}@`) };
    const events: TransferEvent[] = [];
    const network = createNetwork({ environment });
    const registry = open(NAME, { isInsecure: true, network, onEvent: (event) => events.push(event) });

    await registry.openRepository("team/app").resolve("7");

    expect(events).toEqual([
      { kind: "warning", code: "REGISTRY_WARNING", message: `${NAME} says: got Basic ***` },
    ]);
  });

  test("that wants a password for a URL without TLS is named, too", async () => {
    const server = await serveOdd(() => ({ status: 407 }));
    const environment = { HTTP_PROXY: server.url, NO_PROXY: NAME };
    const network = createNetwork({ environment });
    const registry = await serveOdd(() => ({ status: 307, headers: { location: "http://cdn.test/x" } }));

    const resolved = open(registry.host, { network }).openRepository("team/app").resolve("7");

    await expect(resolved).rejects.toMatchObject({
      code: "UNAUTHORIZED",
      message: expect.stringContaining(`the proxy ${server.host} wants a user name and a password (407)`),
    });
  });
});

test("a proxy for URLs without TLS that is not reached is named as what failed", async () => {
  const network = createNetwork({ environment: { HTTP_PROXY: "http://127.0.0.1:9" } });
  const registry = await serveOdd(() => ({ status: 307, headers: { location: "http://cdn.test/x" } }));

  const resolved = open(registry.host, { network }).openRepository("team/app").resolve("7");

  await expect(resolved).rejects.toMatchObject({
    code: "CONNECTION_FAILED",
    message: expect.stringContaining("the proxy 127.0.0.1:9 cannot be used: connect ECONNREFUSED"),
    hint: expect.stringContaining("Check HTTP_PROXY"),
  });
}, 30_000);

describe("where a registry leads", () => {
  const redirectTo =
    (location: string): AnswerRequest =>
    ({ url }) =>
      url.includes("/v2/") ? { status: 307, headers: { location } } : MANIFEST;

  test.each([
    "http://169.254.169.254/latest/meta-data/",
    "http://2852039166/",
    "http://[::ffff:169.254.169.254]/",
    "http://[fe80::1]/",
    "http://[fd00:ec2::254]/",
    "http://100.100.100.200/",
    "http://0.0.0.0/",
    "http://metadata.google.internal/",
    "http://127.0.0.1:9/",
    "http://localhost:9/",
  ])("refuses %s", async (location) => {
    const { proxy, resolve } = await openScene(redirectTo(location));

    await expect(resolve()).rejects.toMatchObject({
      code: "REGISTRY_FAILED",
      message: expect.stringMatching(/^Cannot resolve registry\.test:5000\/team\/app:7: .* blocked address /),
    });
    expect(proxy.requests.filter(({ target }) => !target.includes("registry.test"))).toEqual([]);
  });

  test("refuses a token server at a blocked address", async () => {
    const challenge = `Bearer realm="https://169.254.169.254/token"`;
    const { resolve } = await openScene(() => ({ status: 401, headers: { "www-authenticate": challenge } }));

    await expect(resolve()).rejects.toMatchObject({
      code: "REGISTRY_FAILED",
      message: expect.stringContaining("the blocked address 169.254.169.254"),
    });
  });

  test("goes to a host that the operator names, whatever its address is", async () => {
    const cdn = await serveOdd(() => MANIFEST);
    const { resolve } = await openScene(redirectTo(`${cdn.url}/x`), { insecureHosts: [cdn.host] });

    expect(await resolve()).toEqual(IMAGE.descriptor);
  });

  test("goes from a registry on this machine to this machine", async () => {
    const cdn = await serveOdd(() => MANIFEST);
    const registry = await serveOdd(redirectTo(`${cdn.url.replace("127.0.0.1", "localhost")}/x`));

    expect(await open(registry.host).openRepository("team/app").resolve("7")).toEqual(IMAGE.descriptor);
  });
});

describe("onExchange", () => {
  test("is told every request on the wire, without queries and headers", async () => {
    const exchanges: Exchange[] = [];
    const answer: AnswerRequest = ({ url, headers }) => {
      if (url.startsWith("/token")) return { body: `{"token":"secret-token"}` };
      if (url.startsWith("/cdn")) return MANIFEST;
      const realm = `http://${headers.host}/token?secret=1`;
      return headers.authorization === undefined
        ? { status: 401, headers: { "www-authenticate": `Bearer realm="${realm}"` } }
        : { status: 307, headers: { location: "/cdn?signature=secret" } };
    };
    const { proxy, resolve } = await openScene(answer, {
      onExchange: (exchange) => exchanges.push(exchange),
    });

    await resolve();

    const manifest = `HEAD http://${NAME}/v2/team/app/manifests/7`;
    expect(exchanges.map(({ method, url, status }) => `${method} ${url} ${status}`)).toEqual([
      `${manifest} 401`,
      `GET http://${NAME}/token 200`,
      `${manifest} 307`,
      `HEAD http://${NAME}/cdn 200`,
    ]);
    expect(exchanges.every(({ via, durationMs }) => via === proxy.host && durationMs >= 0)).toBe(true);
    expect(JSON.stringify(exchanges)).not.toContain("secret");
  });

  test("is told why there was no answer", async () => {
    const exchanges: Exchange[] = [];
    const network = createNetwork({ environment: { HTTPS_PROXY: "http://127.0.0.1:9" } });
    const registry = open("registry.test", { network, onExchange: (exchange) => exchanges.push(exchange) });

    await expect(registry.openRepository("a/b").resolve("1")).rejects.toMatchObject({
      code: "CONNECTION_FAILED",
      message: expect.stringContaining("the proxy 127.0.0.1:9 cannot be used: connect ECONNREFUSED"),
    });

    expect(exchanges[0]).toMatchObject({ error: "CONNECTION_FAILED", via: "127.0.0.1:9" });
    expect(exchanges[0]).not.toHaveProperty("status");
  }, 30_000);
});
