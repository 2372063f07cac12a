import { type BodyBuffers, createBodyBuffers } from "./body-buffers.ts";
import type { BufferPool } from "./buffer-pool.ts";
import { notHttp, parseResponseHead, type ResponseHead } from "./response-head.ts";
import type { Receiver } from "./wire.ts";

/** Signed URLs and their headers grow past node's 16 KiB; answers that only announce another one count with it. */
export const MAX_HEAD_SIZE: number = 64 * 1024;
const END_OF_HEAD = "\r\n\r\n";

/** What an answer tells while it comes. */
export interface ReceiveOptions {
  readonly pool: BufferPool;
  /** Its head is there; its body follows into `body`. */
  readonly onHead: (head: ResponseHead, body: BodyBuffers) => void;
  /** It failed before its head was there. */
  readonly onFailed: (error: Error) => void;
  /** The last byte of its body has come. */
  readonly onComplete: (head: ResponseHead) => void;
  /** Nobody reads what is still to come. */
  readonly onGivenUp: () => void;
  /** The reader of the body has room again. */
  readonly onRoom: () => void;
}

interface Answer {
  readonly head: ResponseHead;
  readonly body: BodyBuffers;
}

/** Takes the bytes of one answer from a connection: its head is parsed, its body goes straight into buffers. */
export function receiveResponse(options: ReceiveOptions): Receiver {
  const { pool, onHead, onFailed, onComplete, onGivenUp, onRoom } = options;
  let text = "";
  /** Bytes of the heads that are done with. */
  let passed = 0;
  let answer: Answer | undefined;
  /** Bytes of the body that are still to come, where that is known. */
  let left = Number.POSITIVE_INFINITY;
  let isComplete = false;
  let space: Uint8Array | undefined;

  const begin = (head: ResponseHead): Answer => {
    if (head.framing.kind === "length") left = head.framing.size;
    const body = createBodyBuffers({
      pool,
      isEager: head.framing.kind === "chunked",
      onRoom,
      onDone: () => {
        if (!isComplete) onGivenUp();
      },
    });
    return { head, body };
  };

  const complete = ({ head, body }: Answer): void => {
    isComplete = true;
    body.end();
    onComplete(head);
  };

  const addBody = (known: Answer, chunk: Uint8Array): boolean => {
    if (chunk.length > left) onGivenUp();
    const own = chunk.subarray(0, left);
    left -= own.length;
    const isInPlace = own.buffer === space?.buffer && own.byteOffset === space.byteOffset;
    const hasRoom = isInPlace ? known.body.received(own.length) : addCopy(known.body, own);
    if (left === 0) complete(known);
    return hasRoom || isComplete;
  };

  const addHead = (chunk: Uint8Array): boolean => {
    text += Buffer.from(chunk).toString("latin1");
    for (;;) {
      const end = text.indexOf(END_OF_HEAD);
      if (passed + (end === -1 ? text.length : end) > MAX_HEAD_SIZE)
        throw notHttp("UND_ERR_HEADERS_OVERFLOW", "the answer's header is too large");
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
      space = answer === undefined || isComplete ? undefined : answer.body.space();
      return space;
    },
    received(chunk) {
      if (isComplete) return true;
      if (answer !== undefined) return addBody(answer, chunk);
      try {
        return addHead(chunk);
      } catch (error) {
        onFailed(error instanceof Error ? error : new Error(String(error)));
        onGivenUp();
        return false;
      }
    },
    closed(error) {
      if (answer === undefined) onFailed(error ?? cut());
      else if (isComplete) return;
      else if (error === undefined && answer.head.framing.kind === "close") complete(answer);
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
  return Object.assign(new Error("the other side closed the connection"), { code: "ECONNRESET" });
}
