import { createServer } from "node:net";
import { type Descriptor, type Source, type TransferEvent, toBundleError } from "@airgap-bundle/core";
import { describe, expect, onTestFinished, test } from "vitest";
import { useClients } from "../../../../test/support/clients.ts";
import { makeBlob, makeImage } from "../../../../test/support/images.ts";
import { answerManifest } from "../../../../test/support/manifest-answer.ts";
import type { RawAnswer, RawServer } from "../../../../test/support/raw-server.ts";
import { createNetwork } from "../network/network.ts";

const IMAGE = makeImage(["layer"]);
const MANIFEST = answerManifest(IMAGE);
const LAYER = makeBlob("layer").descriptor;

const { open, serveOdd } = useClients();

/** A registry whose blobs are at this URL. */
async function serveRedirecting(location: string): Promise<RawServer> {
  return await serveOdd(({ url }) =>
    url.includes("/blobs/") ? { status: 307, headers: { location } } : MANIFEST,
  );
}

/** What fetching a blob fails with. */
async function failureOf(repository: Source, layer: Descriptor): Promise<unknown> {
  return await Array.fromAsync(repository.openBlob(layer)).then(() => undefined, toBundleError);
}

describe("a host to which the registry redirects", () => {
  test.each<[string, RawAnswer]>([
    ["cuts the connection before it answers", { isSevered: true }],
    ["cuts it in the middle of the content", { headers: { "content-length": "5" }, body: "la", isCut: true }],
  ])("is named where it %s", async (_what, answer) => {
    const events: TransferEvent[] = [];
    const storage = await serveOdd(() => answer);
    const { host } = await serveRedirecting(`${storage.url}/x?signature=secret`);
    const repository = open(host, { onEvent: (event) => events.push(event) }).openRepository("team/app");

    const first = await failureOf(repository, LAYER);
    await failureOf(repository, LAYER);

    expect(first).toMatchObject({
      code: "CONNECTION_FAILED",
      message: `Cannot fetch blob ${LAYER.digest} of ${host}/team/app: the connection was cut, at ${storage.host}, to which the registry redirects`,
      hint: expect.stringContaining(`Let this machine read from ${storage.host}, too`),
      isHeldBack: true,
    });
    // The event names the host by itself.
    expect(events).toMatchObject([{ host: storage.host, message: "the connection was cut" }]);
  });

  test("is named where it is not known", async () => {
    const { host } = await serveRedirecting("http://nobody.invalid/x");

    const failure = await failureOf(open(host).openRepository("team/app"), LAYER);

    expect(failure).toMatchObject({
      message: expect.stringMatching(
        /getaddrinfo \w+ nobody\.invalid, at nobody\.invalid, to which the registry redirects$/,
      ),
      hint: expect.stringContaining("Let this machine read from nobody.invalid, too"),
    });
  });

  test("is told with what helps where it does not speak HTTP", async () => {
    const mail = createServer(
      (socket) => void socket.on("error", () => undefined).end("220 mail ESMTP\r\n\r\n"),
    );
    await new Promise<void>((resolve) => void mail.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void mail.close());
    const address = mail.address();
    const port = typeof address === "object" ? address?.port : 0;
    const { host } = await serveRedirecting(`http://127.0.0.1:${port}/x`);

    const failure = await failureOf(open(host).openRepository("team/app"), LAYER);

    expect(failure).toMatchObject({
      message: expect.stringContaining(`, at 127.0.0.1:${port}, to which the registry redirects`),
      hint: expect.stringContaining("is no web server, or one that wants TLS"),
    });
  });

  test("is not blamed for a proxy on the way, nor is the registry", async () => {
    const { host } = await serveRedirecting("http://nobody.invalid/x");
    const network = createNetwork({ environment: { HTTP_PROXY: "http://127.0.0.1:9" } });
    const registry = open(host, { network });

    const failure = await failureOf(registry.openRepository("team/app"), LAYER);

    expect(failure).toMatchObject({
      message: expect.stringMatching(/: the proxy 127\.0\.0\.1:9 cannot be used: connect ECONNREFUSED[^,]*$/),
      hint: expect.stringContaining("Check HTTP_PROXY"),
    });
    expect(await registry.openRepository("team/base").resolve("7")).toEqual(IMAGE.descriptor);
  });

  test("says nothing of the registry where it is the first that fails", async () => {
    const storage = await serveOdd(() => ({ isSevered: true }));
    const registry = open((await serveRedirecting(storage.url)).host);

    await failureOf(registry.openRepository("team/app"), LAYER);

    expect(await registry.openRepository("team/base").resolve("7")).toEqual(IMAGE.descriptor);
  });

  test("is the registry where it redirects within itself", async () => {
    const server = await serveOdd(({ url }) =>
      url.includes("/blobs/") ? { status: 307, headers: { location: "/storage" } } : { isSevered: true },
    );

    const failure = await failureOf(open(server.host).openRepository("team/app"), LAYER);

    expect(failure).toMatchObject({ message: expect.stringMatching(/: the connection was cut$/) });
  });
});
