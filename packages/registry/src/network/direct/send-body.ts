import type { Wire } from "./wire.ts";

/**
 * Sends a body chunk by chunk, each of which is asked for when the one before has gone. What has been answered already gets
 * no more. Resolves to whether all of it has gone.
 *
 * @throws what the body or the connection fails with
 */
export async function sendBody(
  wire: Pick<Wire, "write">,
  body: AsyncIterable<Uint8Array>,
  isAnswered: () => boolean,
): Promise<boolean> {
  for await (const chunk of body) {
    if (isAnswered()) return false;
    await wire.write(chunk);
  }
  return true;
}
