import type { EventSink } from "../events.ts";

/** Passes a blob's content on and tells what passes. An attempt that ends early takes back what it told. */
export async function* countBytes(
  digest: string,
  content: AsyncIterable<Uint8Array>,
  onEvent: EventSink | undefined,
): AsyncGenerator<Uint8Array> {
  let told = 0;
  let isWhole = false;
  try {
    for await (const chunk of content) {
      told += chunk.length;
      onEvent?.({ kind: "blob-progress", digest, size: chunk.length });
      yield chunk;
    }
    isWhole = true;
  } finally {
    if (!isWhole) onEvent?.({ kind: "blob-progress", digest, size: -told });
  }
}
