import { type Descriptor, type OpenContent, verified } from "@airgap-bundle/core";

/** A blob's content, to be read in parts, one after the other; what was read may be read again. */
export interface ContentReader {
  /** These bytes. The last ones of the blob come only if all of it has its digest. */
  read(start: number, end: number): AsyncGenerator<Uint8Array>;
  /** Bytes of the last part that have been taken. */
  taken(): number;
  /** What the content itself failed with; undefined if it did not. */
  failure(): unknown;
  /** Ends what is still open. */
  close(): Promise<void>;
}

/** Content between two parts. */
interface Cursor {
  readonly chunks: AsyncIterator<Uint8Array>;
  position: number;
  rest: Uint8Array;
}

/** A reader of this content, which is opened when it is needed, and anew to go back. */
export function createContentReader(descriptor: Descriptor, open: OpenContent): ContentReader {
  let parked: Cursor | undefined;
  let taken = 0;
  let failure: unknown;

  /** What is thrown at a `yield` instead is the failure of whoever takes the bytes: the connection's, say. */
  const noteFailure = async <T>(content: Promise<T>): Promise<T> => {
    try {
      return await content;
    } catch (error) {
      failure = error;
      throw error;
    }
  };

  /** What stands at `start`: content is hashed from its beginning, so going back means reading it again. */
  const takeCursor = async (start: number): Promise<Cursor> => {
    const held = parked;
    parked = undefined;
    if (held?.position === start) return held;
    await held?.chunks.return?.();
    const chunks = verified(descriptor, open())[Symbol.asyncIterator]();
    const cursor = { chunks, position: 0, rest: new Uint8Array() };
    while (cursor.position < start) await takePiece(cursor, start - cursor.position);
    return cursor;
  };

  const close = async (): Promise<void> => {
    const held = parked;
    parked = undefined;
    await held?.chunks.return?.();
  };

  return {
    async *read(start, end) {
      taken = 0;
      let cursor: Cursor | undefined;
      try {
        cursor = await noteFailure(takeCursor(start));
        while (cursor.position < end) {
          const piece = await noteFailure(takePiece(cursor, end - cursor.position));
          yield piece;
          taken += piece.length;
        }
        parked = cursor;
      } finally {
        if (cursor !== undefined && parked !== cursor) await cursor.chunks.return?.();
      }
    },
    taken: () => taken,
    failure: () => failure,
    close,
  };
}

/** The next bytes, at most so many. The content has been found to be as long as it should be, or has thrown. */
async function takePiece(cursor: Cursor, maxSize: number): Promise<Uint8Array> {
  if (cursor.rest.length === 0) {
    const next = await cursor.chunks.next();
    if (next.done === true) throw new RangeError("Cannot read behind the end of a blob");
    cursor.rest = next.value;
  }
  const piece = cursor.rest.subarray(0, maxSize);
  cursor.rest = cursor.rest.subarray(piece.length);
  cursor.position += piece.length;
  return piece;
}
