/** Fewer than this and the calls cost more than the copying; more brings nothing: docs/performance.md. */
const BUFFER_SIZE = 512 * 1024;

/** Buffers that are used again: fresh memory for every chunk of a large body costs as much as receiving it. */
export interface BufferPool {
  take(): Buffer;
  /** Nobody may use it any more. */
  give(buffer: Buffer): void;
}

/** A pool that has as many buffers as were ever taken at once. */
export function createBufferPool(): BufferPool {
  const free: Buffer[] = [];
  return {
    take: () => free.pop() ?? Buffer.allocUnsafeSlow(BUFFER_SIZE),
    give: (buffer) => void free.push(buffer),
  };
}
