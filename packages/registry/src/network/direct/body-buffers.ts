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
  /** Gives the reader what there is. Only before space is asked for anew. */
  flush(): void;
  /** No more comes; with an error it should have. */
  end(error?: Error): void;
  /** The bytes. Each chunk is lent until the next one is asked for. @throws what it has ended with */
  read(): AsyncGenerator<Uint8Array>;
  /** Gives up what nobody has begun to read. */
  discard(): void;
}

/** What buffers tell. */
export interface BodyBuffersOptions {
  readonly pool: BufferPool;
  /** There is room again. */
  readonly onRoom: () => void;
  /** The reader has all, or wants no more: no space is used any more once this returns. */
  readonly onDone: () => void;
}

/** Empty buffers. */
export function createBodyBuffers({ pool, onRoom, onDone }: BodyBuffersOptions): BodyBuffers {
  const ready: { readonly buffer: Buffer; readonly size: number }[] = [];
  let current: Buffer | undefined;
  let filled = 0;
  let ending: { readonly error: Error | undefined } | undefined;
  let waiting: (() => void) | undefined;

  const wake = (): void => {
    waiting?.();
    waiting = undefined;
  };

  const handOver = (): void => {
    if (current === undefined || filled === 0) return;
    ready.push({ buffer: current, size: filled });
    current = undefined;
    filled = 0;
    wake();
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
        onRoom();
        try {
          yield part.buffer.subarray(0, part.size);
        } finally {
          pool.give(part.buffer);
        }
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
      // A buffer may change hands here only: the socket asks for space right after.
      if (filled === current?.length || (waiting !== undefined && filled >= MIN_PART)) handOver();
      return ready.length < MAX_READY;
    },
    flush: handOver,
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
