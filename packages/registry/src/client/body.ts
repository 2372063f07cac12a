import { BundleError } from "@airgap-bundle/core";
import { toConnectionError } from "./connection-error.ts";
import { discard, headerOf, type Response } from "./response.ts";

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
    const failure = toConnectionError(error, what);
    throw response.lost?.(failure) ?? failure;
  }
}

/** How {@link collectBody} reads. */
export interface CollectOptions {
  /** "verb object", for messages. */
  readonly what: string;
  /** In bytes; not one more than one chunk beyond it is read. */
  readonly maxSize: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * All of a small body.
 *
 * @throws `SIZE_INVALID` if it is, or is announced to be, larger than allowed; `REGISTRY_FAILED` if it comes encoded;
 * what {@link bodyOf} throws
 */
export async function collectBody(response: Response, options: CollectOptions): Promise<Uint8Array> {
  const { what, maxSize, signal } = options;
  await checkEncoding(response, what);
  const announced = Number(headerOf(response, "content-length") ?? "0");
  const chunks: Uint8Array[] = [];
  let size = 0;
  if (announced > maxSize) {
    await discard(response);
    throw tooLarge(what, maxSize);
  }
  for await (const chunk of bodyOf(response, what, signal)) {
    size += chunk.length;
    if (size > maxSize) throw tooLarge(what, maxSize);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}

/** Nothing but plain bytes was asked for. @throws `REGISTRY_FAILED` for a compressed body, as proxies send it */
export async function checkEncoding(response: Response, what: string): Promise<void> {
  const encoding = headerOf(response, "content-encoding") ?? "identity";
  if (encoding.toLowerCase() === "identity") return;
  await discard(response);
  throw new BundleError(
    "REGISTRY_FAILED",
    `Cannot ${what}: it comes encoded as ${encoding}, though that was not asked for`,
    { hint: "A proxy on the way compresses answers: have it leave the registry's alone" },
  );
}

function tooLarge(what: string, maxSize: number): BundleError {
  return new BundleError(
    "SIZE_INVALID",
    `Cannot ${what}: the answer is larger than the ${maxSize} bytes allowed`,
  );
}
