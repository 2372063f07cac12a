import { once } from "node:events";
import type { Server } from "node:https";

/** A server that listens. */
export interface Listening {
  readonly port: number;
  /** Ends its connections too. */
  close(): Promise<void>;
}

/** Lets a server listen on loopback, by default at a port that the system chooses. */
export async function listenOnLoopback(server: Server, port = 0): Promise<Listening> {
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return {
    port: typeof address === "object" ? (address?.port ?? 0) : 0,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
