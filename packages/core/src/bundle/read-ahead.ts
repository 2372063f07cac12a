/** What reads need of an open file: `read` and `stat` of node's `FileHandle`. */
export interface ReadableFile {
  /** Reads up to `length` bytes from `position` into `buffer` at `offset`; none at the end of the file. */
  read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
  ): Promise<{ readonly bytesRead: number }>;
  stat(): Promise<{ readonly size: number }>;
}

/** Some manifests, or a layer's padding with the next header; so much more of each layer is little even from a slow medium. */
const WINDOW_SIZE = 16 * 1024;

/**
 * The same file, for small pieces that lie behind each other: with the first one comes what lies behind it, and the next
 * ones cost no trip to the disk. One read at a time; what others write meanwhile may not be seen.
 */
export function readAhead(file: ReadableFile): ReadableFile {
  const window = Buffer.allocUnsafeSlow(WINDOW_SIZE);
  let start = 0;
  let filled = 0;
  const readWindow = async (position: number): Promise<number> => {
    try {
      return (await file.read(window, 0, WINDOW_SIZE, position)).bytesRead;
    } catch {
      // Whoever wants what is there alone is told, if that is at fault.
      return 0;
    }
  };
  return {
    stat: async () => await file.stat(),
    async read(buffer, offset, length, position) {
      if (length > WINDOW_SIZE) return await file.read(buffer, offset, length, position);
      if (position < start || position + length > start + filled) {
        filled = await readWindow(position);
        // What cannot be read behind a piece is nothing to its reader.
        if (filled === 0) return await file.read(buffer, offset, length, position);
        start = position;
      }
      const from = position - start;
      return { bytesRead: window.copy(buffer, offset, from, Math.min(from + length, filled)) };
    },
  };
}
