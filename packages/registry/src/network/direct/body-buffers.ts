import type { BufferPool } from "./buffer-pool.ts";

/** So many full buffers wait for their reader; then nothing is received until it has taken one. */
const MAX_READY = 2;
/** A reader that waits gets this much at once: journals and progress need no more than a few steps a second. */
const MIN_PART = 64 * 1024;

/** Between a socket that fills buffers and a reader that empties them. */
export interface BodyBuffers {
  /** Where bytes are to be received next; asked for after each call of `received`. */
  space(): Uint8Array;
  /** So many bytes have come into that space; false if none should come until `onRoom`. */
  received(size: number): boolean;
  /** No more comes; with an error it should have. */
  end(error?: Error): void;
  /** The bytes. Each chunk is lent until the next one is asked for. @throws what it has ended with */
  read(): AsyncGenerator<Uint8Array>;
  /** Gives up what nobody has begun to read. */
  discard(): void;
}

/** How a body is held, and what its buffers tell. */
export interface BodyBuffersOptions {
  readonly pool: BufferPool;
  /** Only its reader sees where the body ends: it gets the last byte that has come, however few there are. */
  readonly isEager: boolean;
  /** There is room again. */
  readonly onRoom: () => void;
  /** The reader has all, or wants no more: no space is used any more once this returns. */
  readonly onDone: () => void;
}

/** Empty buffers. However small the pieces are in which a body comes, it is held in full buffers and one that fills. */
export function createBodyBuffers({ pool, isEager, onRoom, onDone }: BodyBuffersOptions): BodyBuffers {
  const ready: { readonly buffer: Buffer; readonly bytes: Uint8Array }[] = [];
  let current: Buffer | undefined;
  /** Of the current buffer: what lies before has been read already. */
  let start = 0;
  let filled = 0;
  let ending: { readonly error: Error | undefined } | undefined;
  let waiting: (() => void) | undefined;

  const wake = (): void => {
    waiting?.();
    waiting = undefined;
  };

  const handOver = (): void => {
    if (current === undefined || filled === start) return;
    ready.push({ buffer: current, bytes: current.subarray(start, filled) });
    current = undefined;
    start = 0;
    filled = 0;
    wake();
  };

  /** The socket may be about to write behind these bytes: the buffer stays where it is. */
  const copyFilled = (): Uint8Array | undefined => {
    if (!isEager || current === undefined || filled === start) return undefined;
    const copy = Buffer.from(current.subarray(start, filled));
    start = filled;
    return copy;
  };

  const giveBack = (): void => {
    for (const { buffer } of ready.splice(0)) pool.give(buffer);
    if (current !== undefined) pool.give(current);
    current = undefined;
  };

  const discard = (): void => {
    onDone();
    giveBack();
  };

  async function* parts(): AsyncGenerator<Uint8Array> {
    for (;;) {
      const part = ready.shift();
      if (part !== undefined) {
        if (ending === undefined && ready.length < MAX_READY) onRoom();
        try {
          yield part.bytes;
        } finally {
          pool.give(part.buffer);
        }
        continue;
      }
      const copy = copyFilled();
      if (copy !== undefined) {
        yield copy;
      } else if (ending === undefined) {
        await new Promise<void>((resolve) => {
          waiting = resolve;
        });
      } else if (ending.error === undefined) {
        return;
      } else {
        throw ending.error;
      }
    }
  }

  return {
    space() {
      current ??= pool.take();
      return current.subarray(filled);
    },
    received(size) {
      filled += size;
      const isPart = waiting !== undefined && filled - start >= MIN_PART;
      // A buffer may change hands here only: the socket asks for space right after.
      if (filled === current?.length || isPart) handOver();
      else if (isEager) wake();
      return ready.length < MAX_READY;
    },
    end(error) {
      if (ending !== undefined) return;
      ending = { error };
      handOver();
      wake();
    },
    async *read() {
      try {
        yield* parts();
      } finally {
        discard();
      }
    },
    discard,
  };
}
