import type { Writable } from "node:stream";
import { toStdoutError } from "@airgap-bundle/cli";
import type { AbortOptions } from "@airgap-bundle/core";

const WHAT = "the bundle";

/**
 * Writes a part of the bundle to a stream and resolves when that needs it no longer: the next part may come in the same
 * memory.
 *
 * @throws `NO_SPACE`, `FILE_FAILED` if it takes no more; the abort reason of `signal`, however long the reader waits
 */
export async function writeChunk(
  stream: Writable,
  chunk: Uint8Array,
  { signal }: AbortOptions = {},
): Promise<void> {
  signal?.throwIfAborted();
  if (stream.errored !== null) throw toStdoutError(stream.errored, WHAT);
  try {
    await passOn(stream, chunk, signal);
  } catch (error) {
    signal?.throwIfAborted();
    throw toStdoutError(error, WHAT);
  }
}

async function passOn(stream: Writable, chunk: Uint8Array, signal: AbortSignal | undefined): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const fail = (error: Error): void => {
      // It is an event too, which would be nobody's.
      stream.once("error", () => undefined);
      reject(error);
    };
    const abort = (): void => fail(new Error("the write was given up"));
    signal?.addEventListener("abort", abort, { once: true });
    stream.write(chunk, (error) => {
      signal?.removeEventListener("abort", abort);
      if (error instanceof Error) fail(error);
      else resolve();
    });
  });
}
