import type { Socket } from "node:net";
import type { buildConnector } from "undici";

/** Whoever is there answers sooner, by satellite too. */
export const CONNECT_TIMEOUT_MS = 15_000;

/** Opens a connection in undici's way. */
export type Connect = buildConnector.connector;

/** Where to, in undici's way. */
export type ConnectTarget = buildConnector.Options;

/** The connection that `connect` opens. */
export async function openWith(connect: Connect, target: ConnectTarget): Promise<Socket> {
  return await new Promise((resolve, reject) => {
    connect(target, (error, socket) => (error === null ? resolve(socket) : reject(error)));
  });
}

/** An asynchronous function as undici wants it. */
export function toConnect(open: (target: ConnectTarget) => Promise<Socket>): Connect {
  return (target, callback) => {
    open(target).then(
      (socket) => callback(null, socket),
      (error: unknown) => callback(error instanceof Error ? error : new Error(String(error)), null),
    );
  };
}

/** The URL that a connection is for. */
export function urlOf({ protocol, host, hostname }: ConnectTarget): URL {
  return new URL(`${protocol}//${host ?? hostname}`);
}

/** The port of a URL, also where it goes without saying. */
export function portOf({ port, protocol }: URL): string {
  if (port !== "") return port;
  return protocol === "http:" ? "80" : "443";
}
