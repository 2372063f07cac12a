import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** What has come is read by then, or nothing has. */
const LAST_READ_MS = 1000;

/** What a write fails with when the other side has ended the connection. */
const IS_CUT: ReadonlySet<unknown> = new Set(["EPIPE", "ECONNRESET"]);

type Settle = (error?: Error | null) => void;

/**
 * Lets a socket whose writing fails read what has come before that: who refuses a body answers, and ends the connection
 * while more is sent. Of itself node ends a socket with the first write that fails, and the answer is lost in the system.
 */
export function readToTheEnd(socket: Socket): void {
  const settleLate =
    (settle: Settle): Settle =>
    (error) => {
      const isCut = error !== undefined && error !== null && "code" in error && IS_CUT.has(error.code);
      if (!isCut || socket.destroyed) return settle(error);
      const closed = new Promise((resolve) => void socket.once("close", resolve));
      const late = sleep(LAST_READ_MS, undefined, { ref: false });
      void Promise.race([closed, late]).then(() => settle(error));
    };

  const write = socket._write.bind(socket);
  socket._write = (chunk, encoding, settle) => write(chunk, encoding, settleLate(settle));
  const writeMany = socket._writev?.bind(socket);
  if (writeMany !== undefined) socket._writev = (chunks, settle) => writeMany(chunks, settleLate(settle));
}
