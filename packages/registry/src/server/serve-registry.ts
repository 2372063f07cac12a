import { once } from "node:events";
import { createServer as createHttpServer, type Server } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { Store } from "@airgap-bundle/core";
import { createRegistryHandler } from "./handler.ts";
import type { ServerOptions } from "./options.ts";

/** Where a registry is served. */
export interface ServeOptions extends ServerOptions {
  /** Address to listen on. @default "127.0.0.1" */
  readonly listen?: string;
  /** @default 0, which takes any free one */
  readonly port?: number;
  /** Key and certificate in PEM form; with them it is https. */
  readonly tls?: ServerTls;
}

/** What a https server shows. */
export interface ServerTls {
  readonly key: string;
  readonly cert: string;
}

/** A registry that is being served. */
export interface ServedRegistry {
  /** `ADDRESS:PORT`, as references name it. */
  readonly host: string;
  /** The same with its scheme, without a slash at the end. */
  readonly url: string;
  /** Cuts all connections and resolves when the port is free. */
  close(): Promise<void>;
}

/** Serves a store as a registry; resolves when it can be reached. @throws the system's error if the port cannot be had */
export async function serveRegistry(store: Store, options: ServeOptions = {}): Promise<ServedRegistry> {
  const { listen = "127.0.0.1", port = 0, tls } = options;
  const handler = createRegistryHandler(store, options);
  const server = tls === undefined ? createHttpServer(handler) : createHttpsServer({ ...tls }, handler);
  // A layer may take hours over a slow line; node's default cuts every request after five minutes.
  server.requestTimeout = 0;
  server.listen(port, listen);
  await once(server, "listening");
  const host = hostOf(server);
  return {
    host,
    url: `${tls === undefined ? "http" : "https"}://${host}`,
    async close() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function hostOf(server: Server): string {
  const address = server.address();
  if (address === null || typeof address === "string")
    throw new TypeError("Cannot name the server: it has no port");
  const { family, address: name, port } = address;
  return family === "IPv6" ? `[${name}]:${port}` : `${name}:${port}`;
}
