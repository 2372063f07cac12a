import { once } from "node:events";
import type { Writable } from "node:stream";
import { type AbortOptions, BundleError } from "@airgap-bundle/core";

/**
 * Writes a part of the bundle to a stream and resolves when it has passed it on.
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
  if (stream.write(chunk)) return;
  try {
    await once(stream, "drain", signal === undefined ? {} : { signal });
  } catch (error) {
    signal?.throwIfAborted();
    throw writeError(error);
  }
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
