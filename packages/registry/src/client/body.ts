import { toConnectionError } from "./connection-error.ts";
import type { Response } from "./response.ts";

/** An answer's body. @throws `CONNECTION_FAILED` if it breaks off; the abort reason */
export async function* bodyOf(
  response: Response,
  what: string,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of response.body) yield chunk as Uint8Array;
  } catch (error) {
    signal?.throwIfAborted();
    throw toConnectionError(error, what);
  }
}
