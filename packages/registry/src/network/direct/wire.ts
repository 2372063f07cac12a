import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { CONNECT_TIMEOUT_MS } from "../connect.ts";
import { codedError } from "./coded-error.ts";
import type { Endpoint } from "./endpoint.ts";
import { readToTheEnd } from "./read-to-the-end.ts";

/** What comes before anybody has asked for it, and the heads of answers. */
const IDLE_BUFFER_SIZE = 64 * 1024;
/** Servers of node close what has been idle for 5 s: a request must not be under way to a connection that is closed. */
const KEPT_FOR_MS = 4000;

/** Who the bytes of a connection are for. */
export interface Receiver {
  /** Where the next ones are to be put; undefined: anywhere. Asked for after each call of `received`. */
  space(): Uint8Array | undefined;
  /** These have come; false if no more should until the wire is resumed. */
  received(chunk: Uint8Array): boolean;
  /** No more will come; with an error if the connection broke. */
  closed(error: Error | undefined): void;
}

/** A connection whose bytes go straight to where they are wanted. */
export interface Wire {
  /** Sends a request, whose answer is for `receiver`. */
  request(head: string, receiver: Receiver): void;
  /** Fails the request after so long without a byte in either direction. */
  setIdleTimeout(idleTimeoutMs: number): void;
  /** Sends more of it; resolves when the system has taken the bytes. @throws what the connection breaks with */
  write(chunk: Uint8Array): Promise<void>;
  /** The answer is complete: what comes now is nobody's, and without another request the connection soon ends. */
  release(): void;
  /** Goes on after `received` was false. */
  resume(): void;
  destroy(error?: Error): void;
  /** Could it take another request? */
  isOpen(): boolean;
}

/** How a connection is opened. */
export interface WireOptions {
  /** Ends the wait for it. */
  readonly signal: AbortSignal;
  /** Told once when it has closed, for whatever reason. */
  readonly onClosed: (wire: Wire) => void;
}

/**
 * Opens a connection that reads into the buffers of its receiver: node's streams would have a new one of 64 KiB for each
 * read, and of 16 KiB with TLS.
 *
 * @throws what the connection or its handshake fails with; the abort reason
 */
export async function openWire({ tcp, tls }: Endpoint, { signal, onClosed }: WireOptions): Promise<Wire> {
  const idle = Buffer.allocUnsafeSlow(IDLE_BUFFER_SIZE);
  let receiver: Receiver | undefined;
  let isPaused = false;
  let failure: Error | undefined;

  const onread = {
    buffer: (): Uint8Array => receiver?.space() ?? idle,
    callback(size: number, buffer: Uint8Array): boolean {
      if (receiver === undefined) {
        socket.destroy();
        return false;
      }
      isPaused = !receiver.received(buffer.subarray(0, size));
      return !isPaused;
    },
  };
  const target = { ...tcp, onread };
  const socket: Socket = tls === undefined ? connect(target) : connectTls({ ...target, ...tls });
  socket.on("error", (error) => {
    failure = error;
  });
  await ready(socket, tls === undefined ? "connect" : "secureConnect", signal);

  readToTheEnd(socket);
  socket.setNoDelay(true).setKeepAlive(true, 60_000);
  socket.on("timeout", () => {
    if (receiver === undefined) socket.destroy();
    // Else it is us who do not read.
    else if (!isPaused) socket.destroy(silence());
  });
  socket.on("close", () => {
    receiver?.closed(failure);
    receiver = undefined;
    onClosed(wire);
  });
  // Without a reader the end of the connection would not be told.
  socket.on("end", () => socket.destroy()).resume();

  const wire: Wire = {
    request(head, next) {
      receiver = next;
      socket.ref().write(head, "latin1");
    },
    setIdleTimeout: (idleTimeoutMs) => void socket.setTimeout(idleTimeoutMs),
    async write(chunk) {
      await new Promise<void>((resolve, reject) => {
        socket.write(chunk, (error) => {
          if (error) reject(error);
          else resolve();
        });
      });
    },
    release() {
      receiver = undefined;
      // Over TLS the end of an answer may come behind the stop of its reader, who resumes nothing any more.
      socket.setTimeout(KEPT_FOR_MS).resume().unref();
    },
    resume() {
      if (!isPaused) return;
      isPaused = false;
      socket.setTimeout(socket.timeout ?? 0);
      socket.resume();
    },
    // Without an error a body that ends with its connection would count as complete.
    destroy: (error) => void socket.destroy(error ?? givenUp()),
    isOpen: () => !socket.destroyed && socket.readable,
  };
  return wire;
}

async function ready(socket: Socket, event: string, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const abort = (): void => void socket.destroy(toError(signal.reason));
    const timer = setTimeout(() => void socket.destroy(noConnection()), CONNECT_TIMEOUT_MS);
    const settle = (error?: Error): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", abort);
      socket.off("error", settle);
      if (error === undefined) resolve();
      else reject(error);
    };
    socket.once("error", settle);
    socket.once(event, () => settle());
    signal.addEventListener("abort", abort, { once: true });
    if (signal.aborted) abort();
  });
}

function toError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}

/** What ends a connection that is not needed any more. */
export function givenUp(): Error {
  return codedError("ECONNRESET", "the connection was given up");
}

function noConnection(): Error {
  return codedError("UND_ERR_CONNECT_TIMEOUT", "no connection came about");
}

function silence(): Error {
  return codedError("UND_ERR_BODY_TIMEOUT", "nothing came");
}
