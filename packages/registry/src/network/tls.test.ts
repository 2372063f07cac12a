import { copyFile, mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import type { RequestListener } from "node:http";
import { createServer, type ServerOptions } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TLSSocket } from "node:tls";
import { beforeAll, beforeEach, expect, test } from "vitest";
import {
  type Authority,
  type IssuedCertificate,
  makeAuthority,
} from "../../../../test/peers/certificates.ts";
import { describePeers } from "../../../../test/peers/describe-peers.ts";
import { findFreePort, startPeer } from "../../../../test/peers/start-peer.ts";
import { useClients } from "../../../../test/support/clients.ts";
import { makeImage } from "../../../../test/support/images.ts";
import { listenOnLoopback } from "../../../../test/support/listen.ts";
import { serveProxy } from "../../../../test/support/proxy-server.ts";
import { createConnection } from "../client/connection.ts";
import { createGates } from "../client/gates.ts";
import { createNetwork, type NetworkOptions } from "./network.ts";

const IMAGE = makeImage(["layer"]);
const MANIFEST = {
  "content-type": IMAGE.descriptor.mediaType,
  "content-length": String(IMAGE.descriptor.size),
  "docker-content-digest": IMAGE.descriptor.digest,
};

const { closeAfterTest, open } = useClients();

describePeers(["openssl"], "TLS with a private authority", () => {
  let directory: string;
  let authority: Authority;
  let server: IssuedCertificate;
  /** With servers of this test. */
  let connections: number;

  beforeEach(() => {
    connections = 0;
  });

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "tls-"));
    authority = await makeAuthority(directory);
    server = await authority.issue("server", ["IP:127.0.0.1"]);
    return async () => await rm(directory, { recursive: true });
  });

  /** Serves this on loopback; resolves to the host. */
  async function serve(listener: RequestListener, options: ServerOptions = {}, port = 0): Promise<string> {
    const [key, cert] = await Promise.all([readFile(server.key), readFile(server.certificate)]);
    const served = createServer({ key, cert, ...options }, listener);
    served.on("connection", () => {
      connections += 1;
    });
    return `127.0.0.1:${closeAfterTest(await listenOnLoopback(served, port)).port}`;
  }

  const serveManifest: RequestListener = (_request, response) => response.writeHead(200, MANIFEST).end();

  /** The folder for a host in a new directory of certificates, with the authority in it. */
  async function trust(...hosts: readonly string[]): Promise<string> {
    const certsDir = await mkdtemp(join(directory, "certs-"));
    for (const host of hosts) {
      await mkdir(join(certsDir, host));
      await copyFile(authority.ca, join(certsDir, host, "ca.crt"));
    }
    return certsDir;
  }

  async function resolve(host: string, options: NetworkOptions, isInsecure = false): Promise<unknown> {
    const network = createNetwork(options);
    return await open(host, { network, isInsecure }).openRepository("team/app").resolve("7");
  }

  test("trusts an authority for the host that it is there for, and for no other", async () => {
    const host = await serve(serveManifest);

    expect(await resolve(host, { certsDir: await trust(host) })).toEqual(IMAGE.descriptor);
    await expect(resolve(host, { certsDir: await trust("other.io") })).rejects.toMatchObject({
      code: "TLS_FAILED",
      message: expect.stringContaining(`vouches for the certificate of ${host}`),
    });
  });

  test("row 116: shakes hands once with a host that nobody vouches for", async () => {
    // The system takes this for loopback; by its text it is not, and nobody asks first whether it speaks TLS.
    const host = (await serve(serveManifest)).replace("127.0.0.1", "0.0.0.0");

    await expect(resolve(host, {})).rejects.toMatchObject({ code: "TLS_FAILED" });

    expect(connections).toBe(1);
  });

  test("leaves only the insecure host itself unchecked, not where it redirects", async () => {
    const cdn = await serve(serveManifest);
    const host = await serve((_request, response) => {
      response.writeHead(307, { location: `https://${cdn}/x` }).end();
    });

    await expect(resolve(host, {}, true)).rejects.toMatchObject({
      code: "TLS_FAILED",
      message: expect.stringContaining(`vouches for the certificate of ${cdn}`),
      hint: expect.stringContaining(`--insecure ${cdn}`),
    });
    expect(await resolve(host, { insecureHosts: [cdn] }, true)).toEqual(IMAGE.descriptor);
  });

  test("shows a client certificate to the host that it is for, and to no other", async () => {
    const shown: string[] = [];
    const asking = { requestCert: true, rejectUnauthorized: false };
    const note = (name: string, socket: unknown): void => {
      const subject = socket instanceof TLSSocket ? socket.getPeerCertificate().subject : undefined;
      shown.push(`${name}: ${subject?.CN ?? "none"}`);
    };
    const cdn = await serve(({ socket }, response) => {
      note("cdn", socket);
      response.writeHead(200, MANIFEST).end();
    }, asking);
    const host = await serve(({ socket }, response) => {
      note("registry", socket);
      response.writeHead(307, { location: `https://${cdn}/x` }).end();
    }, asking);
    const certsDir = await trust(host, cdn);
    const client = await authority.issue("client");
    await copyFile(client.certificate, join(certsDir, host, "client.cert"));
    await copyFile(client.key, join(certsDir, host, "client.key"));

    expect(await resolve(host, { certsDir })).toEqual(IMAGE.descriptor);

    expect(shown).toEqual(["registry: client", "cdn: none"]);
  });

  test.each([
    ["-tls1_2", "TLS_FAILED", /refuses the handshake, perhaps because it wants a client certificate/],
    ["-tls1_3", /TLS_FAILED|CONNECTION_FAILED/, /wants a client certificate|the connection was cut/],
  ])(
    "tells where a client certificate belongs that a server wants: openssl %s",
    async (version, code, message) => {
      const port = await findFreePort();
      const host = `127.0.0.1:${port}`;
      const certsDir = await trust(host);
      const files = ["-key", server.key, "-cert", server.certificate, "-CAfile", authority.ca];
      const args = ["s_server", "-accept", host, "-Verify", "1", "-www", version, ...files];
      closeAfterTest(await startPeer("openssl", { args, port }));

      await expect(resolve(host, { certsDir })).rejects.toMatchObject({
        code: expect.stringMatching(code),
        message: expect.stringMatching(message),
        hint: expect.stringContaining(`into ${certsDir}/${host}, as client.cert and client.key`),
      });
    },
    30_000,
  );

  test("row 116: refuses a server that is too old", async () => {
    const old = { minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" } as const;
    const host = await serve(serveManifest, old);

    await expect(resolve(host, { certsDir: await trust(host) })).rejects.toMatchObject({
      code: "TLS_FAILED",
      message: expect.stringContaining("no version of TLS in common"),
    });
  });

  test("tells which file of a host cannot be used", async () => {
    const host = await serve(serveManifest);
    const certsDir = await trust(host);
    await copyFile(server.key, join(certsDir, host, "client.key"));

    await expect(resolve(host, { certsDir })).rejects.toMatchObject({
      code: "FILE_FAILED",
      message: expect.stringContaining(join(certsDir, host, "client.key")),
    });
  });

  test("takes no answer that came through a tunnel for the proxy's", async () => {
    const host = await serve((_request, response) => response.writeHead(407).end());
    const proxy = closeAfterTest(await serveProxy({ names: { "r.test:443": host } }));
    const network = createNetwork({ environment: { HTTPS_PROXY: proxy.url } });

    const resolved = open("r.test", { network, isInsecure: true }).openRepository("a").resolve("7");

    await expect(resolved).rejects.toMatchObject({
      code: "REGISTRY_FAILED",
      message: expect.stringContaining("407"),
    });
    await expect(resolved).rejects.toMatchObject({ message: expect.not.stringContaining("the proxy") });
  });

  test("does not remember a scheme of a host that was down", async () => {
    const port = await findFreePort();
    const host = `127.0.0.1:${port}`;
    const connection = closeAfterTest(
      createConnection({
        host,
        isInsecure: true,
        userAgent: "test/1",
        network: createNetwork(),
        gates: createGates(),
      }),
    );
    const call = { method: "HEAD", url: "/v2/", scopes: [], expected: [200], what: "look" } as const;

    await expect(connection.request(call, undefined)).rejects.toMatchObject({ code: "CONNECTION_FAILED" });
    await serve(serveManifest, {}, port);

    expect((await connection.request(call, undefined)).origin).toBe(`https://${host}`);
  });
});
