import { once } from "node:events";
import type { Writable } from "node:stream";

/** Writes to a stream and resolves when it can take more. @throws the stream's error */
export async function writeChunk(stream: Writable, chunk: Uint8Array): Promise<void> {
  if (stream.errored !== null) throw stream.errored;
  if (!stream.write(chunk)) await once(stream, "drain");
}
