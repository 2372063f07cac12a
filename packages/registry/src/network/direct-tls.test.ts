import { randomBytes } from "node:crypto";
import { copyFile, mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import type { RequestListener } from "node:http";
import { createServer, type ServerOptions } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TLSSocket } from "node:tls";
import { createMemoryStore } from "@airgap-bundle/core";
import { beforeAll, beforeEach, expect, test } from "vitest";
import {
  type Authority,
  type IssuedCertificate,
  makeAuthority,
} from "../../../../test/peers/certificates.ts";
import { describePeers } from "../../../../test/peers/describe-peers.ts";
import { useClients } from "../../../../test/support/clients.ts";
import { makeBlob } from "../../../../test/support/images.ts";
import { listenOnLoopback } from "../../../../test/support/listen.ts";
import { createRegistryHandler } from "../server/handler.ts";
import { createDispatcher } from "./dispatcher.ts";
import { createNetwork } from "./network.ts";

const LAYER = makeBlob(randomBytes(3_000_000));

const { closeAfterTest, open } = useClients();

async function collect(content: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of content) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

async function* lend(content: Uint8Array): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(content);
}

interface SendOptions {
  readonly certsDir?: string;
  readonly isInsecure?: boolean;
  /** Of a PUT. @default the layer */
  readonly body?: AsyncIterable<Uint8Array>;
}

describePeers(["openssl"], "large bodies over TLS with a private authority", () => {
  let directory: string;
  let authority: Authority;
  let server: IssuedCertificate;
  /** Requests that servers have seen: method, the name of the host, and whose certificate came with it. */
  let seen: string[];

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "direct-tls-"));
    authority = await makeAuthority(directory);
    server = await authority.issue("server", ["IP:127.0.0.1"]);
    return async () => await rm(directory, { recursive: true });
  });

  beforeEach(() => {
    seen = [];
  });

  /** Serves this on loopback; resolves to the port. */
  async function serve(listener: RequestListener, options: ServerOptions = {}): Promise<number> {
    const [key, cert] = await Promise.all([readFile(server.key), readFile(server.certificate)]);
    const served = createServer({ key, cert, ...options }, (request, response) => {
      const { method, socket } = request;
      if (!(socket instanceof TLSSocket)) throw new TypeError("no TLS");
      // The name that was asked for; false where none was.
      const name: unknown = "servername" in socket ? socket.servername : undefined;
      const certificate = socket.getPeerCertificate();
      const client = "subject" in certificate ? certificate.subject.CN : "nobody";
      seen.push(`${method} ${String(name)} ${String(client)}`);
      listener(request, response);
    });
    return closeAfterTest(await listenOnLoopback(served)).port;
  }

  /** A directory of certificates in which the authority is there for these hosts. */
  async function trust(...hosts: readonly string[]): Promise<string> {
    const certsDir = await mkdtemp(join(directory, "certs-"));
    for (const host of hosts) {
      await mkdir(join(certsDir, host));
      await copyFile(authority.ca, join(certsDir, host, "ca.crt"));
    }
    return certsDir;
  }

  /** Sends a large request straight to this host. */
  async function send(host: string, method: "GET" | "PUT", options: SendOptions = {}): Promise<number> {
    const { certsDir, isInsecure = false, body: content = lend(LAYER.content) } = options;
    const network = createNetwork({ certsDir });
    const { sendDirect } = closeAfterTest(createDispatcher({ host, isInsecure, network }));
    const body = method === "PUT" ? { body: content } : {};
    const headers = { "content-length": `${method === "PUT" ? LAYER.content.length : 0}` };
    const url = new URL(`https://${host}/x`);
    const response = await sendDirect({ method, url, headers, idleTimeoutMs: 5000, ...body });
    await response?.body.dump();
    return response?.statusCode ?? 0;
  }

  test("go there and back, with our client certificate and the host's name", async () => {
    const { key, certificate } = await authority.issue("named", ["DNS:localhost"]);
    const [namedKey, cert] = await Promise.all([readFile(key), readFile(certificate)]);
    const asking = { key: namedKey, cert, requestCert: true, rejectUnauthorized: false };
    const host = `localhost:${await serve(createRegistryHandler(createMemoryStore()), asking)}`;
    const certsDir = await trust(host);
    const client = await authority.issue("client");
    await copyFile(client.certificate, join(certsDir, host, "client.cert"));
    await copyFile(client.key, join(certsDir, host, "client.key"));
    const repository = open(host, { network: createNetwork({ certsDir }) }).openRepository("team/app");

    await repository.putBlob(LAYER.descriptor, () => lend(LAYER.content));
    const content = await collect(repository.openBlob(LAYER.descriptor));

    expect(content.equals(LAYER.content)).toBe(true);
    expect(seen).toEqual(["POST localhost client", "PUT localhost client", "GET localhost client"]);
  });

  test("come from where a registry redirects only if that host is vouched for itself", async () => {
    const cdn = `127.0.0.1:${await serve((_request, response) => response.end(LAYER.content))}`;
    const location = `https://${cdn}/x`;
    const host = `127.0.0.1:${await serve((_request, response) => response.writeHead(307, { location }).end())}`;
    const read = async (certsDir: string): Promise<Buffer> => {
      const registry = open(host, { network: createNetwork({ certsDir }) });
      return await collect(registry.openRepository("team/app").openBlob(LAYER.descriptor));
    };

    await expect(read(await trust(host))).rejects.toMatchObject({
      code: "TLS_FAILED",
      message: expect.stringContaining(`vouches for the certificate of ${cdn}`),
    });
    expect(seen).toHaveLength(1);
    expect((await read(await trust(host, cdn))).equals(LAYER.content)).toBe(true);
  });

  test("are read on a kept connection also where the reader of the last body fell behind at its end", async () => {
    // Two full buffers stop the reading, and the end of the body is in the record that filled the second one.
    const content = Buffer.alloc(2 * 512 * 1024 + 4096, "x");
    const connections = new Set<unknown>();
    const port = await serve(({ socket }, response) => {
      connections.add(socket);
      response.writeHead(200, { "content-length": content.length }).end(content);
    });
    const host = `127.0.0.1:${port}`;
    const { sendDirect } = closeAfterTest(
      createDispatcher({ host, isInsecure: true, network: createNetwork() }),
    );
    const url = new URL(`https://${host}/x`);

    for (let request = 0; request < 3; request++) {
      const response = await sendDirect({ method: "GET", url, headers: {}, idleTimeoutMs: 5000 });
      await new Promise((resolve) => void setTimeout(resolve, 200));
      expect(response && (await collect(response.body)).equals(content)).toBe(true);
    }

    expect(connections.size).toBe(1);
  });

  test("are answered also where the connection has ended when more is sent", async () => {
    const refused = Promise.withResolvers<void>();
    const port = await serve(({ socket }, response) => {
      response.writeHead(413, { "content-length": "3" }).end("no!");
      socket.destroy();
      refused.resolve();
    });
    const host = `127.0.0.1:${port}`;

    const status = await send(host, "PUT", {
      isInsecure: true,
      body: (async function* (): AsyncGenerator<Uint8Array> {
        await refused.promise;
        for (let chunk = 0; chunk < 50; chunk++) yield LAYER.content.subarray(0, 100);
      })(),
    });

    expect(status).toBe(413);
  });

  test.each(["GET", "PUT"] as const)(
    "are neither asked for nor sent where nobody vouches: %s",
    async (method) => {
      const port = await serve((request, response) => {
        request.resume().on("end", () => response.writeHead(201, { "content-length": "0" }).end());
      });
      const host = `127.0.0.1:${port}`;
      const named = `localhost:${port}`;

      await expect(send(host, method)).rejects.toMatchObject({
        code: "TLS_FAILED",
        message: expect.stringContaining(`vouches for the certificate of ${host}`),
      });
      await expect(send(named, method, { certsDir: await trust(named) })).rejects.toMatchObject({
        code: "TLS_FAILED",
        message: expect.stringContaining("is for other names: 127.0.0.1"),
      });
      expect(seen).toEqual([]);
      expect(await send(host, method, { certsDir: await trust(host) })).toBe(201);
      expect(await send(host, method, { isInsecure: true })).toBe(201);
    },
  );
});
