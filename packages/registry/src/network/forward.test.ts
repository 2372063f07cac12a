import { describe, expect, test } from "vitest";
import { describePeers } from "../../../../test/peers/describe-peers.ts";
import { startTinyproxy } from "../../../../test/peers/tinyproxy.ts";
import { useClients } from "../../../../test/support/clients.ts";
import { makeImage } from "../../../../test/support/images.ts";
import { answerManifest } from "../../../../test/support/manifest-answer.ts";
import { type ProxyServer, serveProxy } from "../../../../test/support/proxy-server.ts";
import type { AnswerRequest, RawServer } from "../../../../test/support/raw-server.ts";
import { createNetwork } from "./network.ts";

const IMAGE = makeImage(["layer"]);
const MANIFEST = answerManifest(IMAGE);
/** A name that only the proxy knows. */
const NAME = "registry.test:5000";
const LOGIN = { username: "eve", password: "of the registry" };

const { closeAfterTest, open, serveOdd } = useClients();

interface Scene {
  readonly proxy: ProxyServer;
  readonly server: RawServer;
  resolve(name: string): Promise<unknown>;
}

/** A registry without TLS behind a tinyproxy that opens no tunnels and wants the password `right`. */
async function openScene(password: string, answer: AnswerRequest): Promise<Scene> {
  const server = await serveOdd(answer);
  const names = { [NAME]: server.host };
  const denying = { connectStatus: 403, deniesFirst: true };
  const proxy = closeAfterTest(
    await serveProxy({ names, login: "ada:right", isTinyproxy: true, ...denying }),
  );
  const environment = { ALL_PROXY: proxy.url.replace("//", `//ada:${password}@`) };
  const network = createNetwork({ environment });
  const registry = open(NAME, { isInsecure: true, network, credentials: LOGIN });
  return { proxy, server, resolve: async (name) => await registry.openRepository(name).resolve("7") };
}

/** Wants a login. */
const GUARDED: AnswerRequest = ({ headers }) =>
  headers.authorization === undefined
    ? { status: 401, headers: { "www-authenticate": "Basic realm=x" } }
    : MANIFEST;

describe("a 401 to a request that is forwarded", () => {
  test("row 115: is tinyproxy's own to a wrong password: it is named, and not asked again", async () => {
    const { proxy, server, resolve } = await openScene("wrong", GUARDED);

    await expect(resolve("team/app")).rejects.toMatchObject({
      code: "UNAUTHORIZED",
      message: expect.stringContaining(`the proxy ${proxy.host} refuses this user name and password (401)`),
      hint: expect.stringContaining("Set ALL_PROXY to"),
    });
    await expect(resolve("team/base")).rejects.toMatchObject({ code: "UNAUTHORIZED" });

    expect(proxy.requests.map(({ method }) => method)).toEqual(["CONNECT", "HEAD"]);
    expect(server.requests).toEqual([]);
  });

  test("is the registry's where it is not tinyproxy's: it is logged in to", async () => {
    const { resolve } = await openScene("right", GUARDED);

    expect(await resolve("team/app")).toEqual(IMAGE.descriptor);
  });
});

describePeers(["tinyproxy", "nss_wrapper"], "tinyproxy", () => {
  test.each([
    ["right", { status: "fulfilled", value: IMAGE.descriptor }],
    ["wrong", { reason: { message: expect.stringContaining("refuses this user name and password (401)") } }],
  ])("forwards to who has the password: %s", async (password, outcome) => {
    const server = await serveOdd(GUARDED);
    const name = server.host.replace("127.0.0.1", "registry.test");
    const user = { username: "ada", password: "right" };
    const { host } = closeAfterTest(await startTinyproxy({ names: ["registry.test"], user }));
    // For whole URLs alone: a tunnel would be refused before.
    const network = createNetwork({ environment: { HTTP_PROXY: `http://ada:${password}@${host}` } });
    const registry = open(name, { isInsecure: true, network, credentials: LOGIN });

    const outcomes = await Promise.allSettled([registry.openRepository("team/app").resolve("7")]);

    expect(outcomes).toMatchObject([outcome]);
  });
});
