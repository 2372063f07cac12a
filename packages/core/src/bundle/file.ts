import { constants, type FileHandle, open } from "node:fs/promises";
import { BundleError } from "../error.ts";
import { describeFileError, isMissingFile, toFileError } from "../file-error.ts";
import type { ReadableFile } from "./read-ahead.ts";

/** Large enough that neither the disk nor the event loop sees many small reads. */
export const READ_SIZE: number = 1024 * 1024;

/** Opens a file to read. @throws `USAGE` if there is none or it is something else, `FILE_FAILED` if it cannot be read */
export async function openFile(path: string): Promise<FileHandle> {
  const handle = await openHandle(path);
  const kind = await handle.stat();
  if (kind.isFile()) return handle;
  await handle.close();
  const what = kind.isDirectory() ? "a directory" : "no file, in which any place can be read";
  throw new BundleError("USAGE", `Cannot open ${path}: it is ${what}`, {
    hint: "Give the .tar that bundle export wrote; what comes through a pipe has to be saved first",
  });
}

async function openHandle(path: string): Promise<FileHandle> {
  try {
    // A pipe would otherwise be waited for until somebody writes into it.
    return await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (cause) {
    if (!isMissingFile(cause)) throw toFileError(cause, path);
    throw new BundleError("USAGE", `Cannot open ${path}: there is no such file`, {
      cause,
      hint: "Check its name, and that the medium is there",
    });
  }
}

/** The same file, of a bundle that was carried: a medium that cannot be read is told as such. */
export function carriedFile(file: ReadableFile): ReadableFile {
  return {
    stat: async () => await file.stat(),
    async read(buffer, offset, length, position) {
      try {
        return await file.read(buffer, offset, length, position);
      } catch (cause) {
        const reason = describeFileError(cause);
        throw new BundleError("FILE_FAILED", `Cannot read the bundle at byte ${position}: ${reason}`, {
          cause,
          hint: "The medium may be damaged: copy the file again",
        });
      }
    },
  };
}

/** Exactly these bytes of a file. @throws `BUNDLE_INVALID` if it ends before; what `read` throws */
export async function readExactly(handle: ReadableFile, offset: number, size: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(size);
  await fill(handle, buffer, offset);
  return buffer;
}

async function fill(handle: ReadableFile, buffer: Buffer, offset: number): Promise<void> {
  for (let filled = 0; filled < buffer.length; ) {
    const { bytesRead } = await handle.read(buffer, filled, buffer.length - filled, offset + filled);
    if (bytesRead === 0) throw truncated(offset + filled);
    filled += bytesRead;
  }
}

/**
 * A part of a file as content, in large chunks. Each is lent until the next one is asked for: they are one buffer, since new
 * memory for each costs more than reading it. @throws `BUNDLE_INVALID` if the file ends before; what `read` throws
 */
export async function* readRange(
  handle: ReadableFile,
  offset: number,
  size: number,
): AsyncGenerator<Uint8Array> {
  const end = offset + size;
  const buffer = Buffer.allocUnsafeSlow(Math.min(READ_SIZE, size));
  for (let position = offset; position < end; ) {
    const chunk = buffer.subarray(0, end - position);
    await fill(handle, chunk, position);
    position += chunk.length;
    yield chunk;
  }
}

/** All of these bytes at this place of a file. */
export async function writeExactly(handle: FileHandle, content: Uint8Array, offset: number): Promise<void> {
  let written = 0;
  while (written < content.length) {
    const { bytesWritten } = await handle.write(content, written, content.length - written, offset + written);
    written += bytesWritten;
  }
}

function truncated(offset: number): BundleError {
  return new BundleError(
    "BUNDLE_INVALID",
    `Cannot read the bundle: it ends at byte ${offset}, in the middle of its content`,
    {
      hint: "Copy the file again; it was cut short on the way",
    },
  );
}
