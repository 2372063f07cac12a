import type { Socket } from "node:net";
import { NetworkError } from "./network-error.ts";

/** Knows of what failed whether its connection had been kept after an earlier answer. */
export interface KeptEndings {
  /** Keeps an eye on a new connection. */
  watch(socket: Socket): Socket;
  /** With this a kept connection has ended. */
  add(error: Error): void;
  /** Was it a kept connection that ended with this? */
  has(error: unknown): boolean;
}

/** Knows of no ending yet. */
export function createKeptEndings(): KeptEndings {
  const endings = new WeakSet<Error>();
  return {
    watch(socket) {
      const before = socket.bytesRead;
      // On a fresh connection nothing has come before its first answer; one that is broken off in its head counts as kept.
      return socket.once("error", (error) => {
        if (socket.bytesRead > before) endings.add(error);
      });
    },
    add: (error) => void endings.add(error),
    has(error) {
      const cause = error instanceof NetworkError ? error.cause : error;
      return cause instanceof Error && endings.has(cause);
    },
  };
}
