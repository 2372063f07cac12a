import type { Writable } from "node:stream";
import { type AbortOptions, BundleError } from "@airgap-bundle/core";

/**
 * Writes a part of the bundle to a stream and resolves when that needs it no longer: the next part may come in the same
 * memory.
 *
 * @throws `FILE_FAILED` if it takes no more at all; the abort reason of `signal`, however long the reader waits
 */
export async function writeChunk(
  stream: Writable,
  chunk: Uint8Array,
  { signal }: AbortOptions = {},
): Promise<void> {
  signal?.throwIfAborted();
  if (stream.errored !== null) throw writeError(stream.errored);
  try {
    await passOn(stream, chunk, signal);
  } catch (error) {
    signal?.throwIfAborted();
    throw writeError(error);
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

function writeError(cause: unknown): BundleError {
  const hasEnded = cause instanceof Error && "code" in cause && cause.code === "EPIPE";
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new BundleError(
    "FILE_FAILED",
    `Cannot write the bundle to stdout: ${hasEnded ? "the reader has ended" : reason}`,
    { hint: "Look at what the program behind the pipe says", cause },
  );
}
