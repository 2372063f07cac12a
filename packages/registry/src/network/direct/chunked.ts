import { codedError } from "./coded-error.ts";

/** A line that tells a chunk's size, with extensions, and all trailer fields together, are shorter. */
const MAX_LINE = 16 * 1024;
const MAX_TRAILERS = 64;

/**
 * The content of a body that comes in chunks: {@link https://www.rfc-editor.org/rfc/rfc9112#name-chunked-transfer-coding}.
 * Nothing behind the last one is read.
 *
 * @throws an error with node's code for what is no such body; `ECONNRESET` if it ends before its last chunk
 */
export async function* dechunked(content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  /** Bytes of the chunk that are still to come; undefined while a line is read. */
  let left: number | undefined;
  let line = "";
  /** The last chunk has come: lines are trailer fields, up to an empty one. */
  let isTrailer = false;
  let trailers = 0;
  for await (const part of content) {
    let position = 0;
    while (position < part.length) {
      if (left !== undefined && left > 0) {
        const data = part.subarray(position, position + left);
        position += data.length;
        left -= data.length;
        yield data;
        continue;
      }
      const end = part.indexOf(0x0a, position);
      const stop = end === -1 ? part.length : end + 1;
      line += Buffer.from(part.subarray(position, stop)).toString("latin1");
      position = stop;
      if (line.length > MAX_LINE) throw malformed();
      if (end === -1) continue;
      const text = line.replace(/\r?\n$/, "");
      line = "";
      if (isTrailer) {
        if (text === "") return;
        trailers += 1;
        if (trailers > MAX_TRAILERS) throw malformed();
      } else if (left === 0) {
        // The end of a chunk's content.
        if (text !== "") throw malformed();
        left = undefined;
      } else {
        const size = readSize(text);
        isTrailer = size === 0;
        left = isTrailer ? undefined : size;
      }
    }
  }
  throw codedError("ECONNRESET", "the body ended before its last chunk");
}

function readSize(line: string): number {
  const [, digits] = /^([0-9A-Fa-f]{1,12})[ \t]*(?:;.*)?$/.exec(line) ?? [];
  if (digits === undefined) throw malformed();
  return Number.parseInt(digits, 16);
}

function malformed(): Error {
  return codedError("HPE_INVALID_CHUNK_SIZE", "a chunk of the answer is malformed");
}
