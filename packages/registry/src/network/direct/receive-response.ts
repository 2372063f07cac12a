import { type BodyBuffers, createBodyBuffers } from "./body-buffers.ts";
import type { BufferPool } from "./buffer-pool.ts";
import { codedError } from "./coded-error.ts";
import { parseResponseHead, type ResponseHead } from "./response-head.ts";
import type { Receiver } from "./wire.ts";

/** Signed URLs and their headers grow past node's 16 KiB; answers that only announce another one count with it. */
export const MAX_HEAD_SIZE: number = 64 * 1024;
const END_OF_HEAD = "\r\n\r\n";

/** What an answer tells while it comes. */
export interface ReceiveOptions {
  readonly pool: BufferPool;
  /** Its head is there; its body follows into `body`. */
  readonly onHead: (head: ResponseHead, body: BodyBuffers) => void;
  /** It failed before its head was there. Nothing else is told then. */
  readonly onFailed: (error: Error) => void;
  /** The last byte of its body has come; is the connection good for another request? */
  readonly onComplete: (isPersistent: boolean) => void;
  /** Its reader wants no more of it before the last byte has come. */
  readonly onGivenUp: () => void;
  /** The reader of the body has room again. */
  readonly onRoom: () => void;
}

/** Takes the bytes of one answer. */
export interface ResponseReceiver extends Receiver {
  /** Has any of the answer itself come? Those that only say that another one will come do not count. */
  hasBegun(): boolean;
}

interface Answer {
  readonly head: ResponseHead;
  readonly body: BodyBuffers;
}

/** Takes the bytes of one answer from a connection: its head is parsed, its body goes straight into buffers. */
export function receiveResponse(options: ReceiveOptions): ResponseReceiver {
  const { pool, onHead, onFailed, onComplete, onGivenUp, onRoom } = options;
  let text = "";
  /** Bytes of the heads that are done with. */
  let passed = 0;
  let answer: Answer | undefined;
  /** Bytes of the body that are still to come, where that is known. */
  let left = Number.POSITIVE_INFINITY;
  /** It has come as a whole, or never will. */
  let isOver = false;
  let space: Uint8Array | undefined;

  const begin = (head: ResponseHead): Answer => {
    if (head.framing.kind === "length") left = head.framing.size;
    const body = createBodyBuffers({
      pool,
      isEager: head.framing.kind === "chunked",
      onRoom,
      onDone: () => {
        if (!isOver) onGivenUp();
      },
    });
    return { head, body };
  };

  const complete = ({ head, body }: Answer, isAlone: boolean): void => {
    isOver = true;
    body.end();
    onComplete(head.isPersistent && isAlone);
  };

  const fail = (error: Error): void => {
    isOver = true;
    onFailed(error);
  };

  const addBody = (known: Answer, chunk: Uint8Array): boolean => {
    const own = chunk.subarray(0, left);
    left -= own.length;
    const isInPlace = own.buffer === space?.buffer && own.byteOffset === space.byteOffset;
    const hasRoom = isInPlace ? known.body.received(own.length) : addCopy(known.body, own);
    // What comes behind it is the answer to nothing: who knows what the other side means.
    if (left === 0) complete(known, own.length === chunk.length);
    return hasRoom || isOver;
  };

  const addHead = (chunk: Uint8Array): boolean => {
    text += Buffer.from(chunk).toString("latin1");
    for (;;) {
      const end = text.indexOf(END_OF_HEAD);
      if (passed + (end === -1 ? text.length : end) > MAX_HEAD_SIZE)
        throw codedError("UND_ERR_HEADERS_OVERFLOW", "the answer's header is too large");
      if (end === -1) return true;
      const known = parseResponseHead(text.slice(0, end));
      text = text.slice(end + END_OF_HEAD.length);
      passed += end + END_OF_HEAD.length;
      // Such an answer only says that another one will come.
      if (known.statusCode < 200) continue;
      answer = begin(known);
      onHead(known, answer.body);
      return addBody(answer, chunk.subarray(chunk.length - text.length));
    }
  };

  return {
    space() {
      space = answer === undefined || isOver ? undefined : answer.body.space();
      return space;
    },
    received(chunk) {
      if (isOver) return true;
      if (answer !== undefined) return addBody(answer, chunk);
      try {
        return addHead(chunk);
      } catch (error) {
        fail(error instanceof Error ? error : new Error(String(error)));
        return false;
      }
    },
    hasBegun: () => answer !== undefined || text !== "",
    closed(error) {
      if (isOver) return;
      if (answer === undefined) fail(error ?? cut());
      else if (error === undefined && answer.head.framing.kind === "close") complete(answer, true);
      else answer.body.end(error ?? cut());
    },
  };
}

/** Bytes that lie elsewhere are copied to where the others go. */
function addCopy(body: BodyBuffers, chunk: Uint8Array): boolean {
  let hasRoom = true;
  for (let position = 0; position < chunk.length; ) {
    const room = body.space();
    const part = chunk.subarray(position, position + room.length);
    room.set(part);
    position += part.length;
    hasRoom = body.received(part.length);
  }
  return hasRoom;
}

function cut(): Error {
  return codedError("ECONNRESET", "the other side closed the connection");
}
