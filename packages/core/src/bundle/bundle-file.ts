import { randomUUID } from "node:crypto";
import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { platform } from "node:os";
import { dirname, resolve } from "node:path";
import { verified } from "../content.ts";
import { toHandleError } from "../file-error.ts";
import { checkSpace } from "./check-space.ts";
import type { ComposedBundle, PlacedBlob } from "./compose-bundle.ts";
import { writeExactly } from "./file.ts";
import { endOfArchive, headPieces, layerHeader, type Piece, padding, type ReadMetadata } from "./frame.ts";
import { moveBlobs } from "./move-blobs.ts";

/** A bundle that is being written under a temporary name. Errors of every method: `NO_SPACE`, `FILE_FAILED`. */
export interface BundleFile {
  /** Writes a layer to its place while it is verified; `from` names its origin in errors. @throws `DIGEST_INVALID`, `SIZE_INVALID`, what `content` throws */
  writeLayer(layer: PlacedBlob, content: AsyncIterable<Uint8Array>, from: string): Promise<void>;
  /** Moves the layers that lie as `from` says to where they lie in `to`, which has no others. */
  moveLayers(from: ComposedBundle, to: ComposedBundle): Promise<void>;
  /** Writes all but the layers, makes it durable and gives it its name. */
  finish(bundle: ComposedBundle, readMetadata: ReadMetadata): Promise<void>;
  /** Removes what was written, unless it has its name already. */
  discard(): Promise<void>;
}

/**
 * Begins a bundle of `size` bytes that will be called `path`. Until it is finished it lies beside it, under a
 * name of its own that ends in `.partial`.
 *
 * @throws `NO_SPACE` if the file system has less than that left; `FILE_FAILED`
 */
export async function createBundleFile(path: string, size: number): Promise<BundleFile> {
  // Two exports to one file must not write into each other.
  const partial = `${path}.${randomUUID()}.partial`;
  await checkSpace(path, size);
  const handle = await guard(partial, async () => await createFile(partial, size));
  let isFinished = false;

  return {
    async writeLayer(layer, content, from) {
      let { offset } = layer;
      for await (const chunk of verified(layer.descriptor, content, from)) {
        await guard(partial, async () => await writeExactly(handle, chunk, offset));
        offset += chunk.length;
      }
    },
    async moveLayers(from, to) {
      const places = new Map(to.layers.map(({ descriptor, offset }) => [descriptor.digest, offset]));
      const moves = from.layers.flatMap(({ descriptor, offset, size: length }) => {
        const place = places.get(descriptor.digest);
        return place === undefined ? [] : { from: offset, to: place, size: length };
      });
      await guard(partial, async () => await moveBlobs(handle, moves, from.size));
    },
    async finish(bundle, readMetadata) {
      await guard(partial, async () => {
        await writeFrame(handle, bundle, readMetadata);
        await handle.truncate(bundle.size);
        await handle.sync();
        await handle.close();
        await rename(partial, path);
        isFinished = true;
        await syncDirectory(dirname(resolve(path)));
      });
    },
    async discard() {
      if (isFinished) return;
      await handle.close();
      await rm(partial, { force: true });
    },
  };
}

/** A file of this size, without content; a file system that takes no such file says so now. */
async function createFile(path: string, size: number): Promise<FileHandle> {
  const handle = await open(path, "wx+");
  try {
    await handle.truncate(size);
    return handle;
  } catch (error) {
    await handle.close();
    await rm(path, { force: true });
    throw error;
  }
}

/** The layers' content is there; everything else is written now, the header region last of all. */
async function writeFrame(
  handle: FileHandle,
  bundle: ComposedBundle,
  readMetadata: ReadMetadata,
): Promise<void> {
  const write = async ({ offset, content }: Piece): Promise<void> =>
    await writeExactly(handle, content, offset);
  await write(endOfArchive(bundle));
  for (const layer of bundle.layers) {
    await write(layerHeader(layer));
    await write(padding(layer));
  }
  for await (const piece of headPieces(bundle, readMetadata)) await write(piece);
}

/** What a directory says that may not be read, or a file system that cannot sync one: the file is whole all the same. */
const UNSYNCABLE: ReadonlySet<unknown> = new Set(["EACCES", "EINVAL", "ENOTSUP", "EPERM"]);

/** A rename is durable when its directory is. Windows does it by itself and opens no directory. */
async function syncDirectory(directory: string): Promise<void> {
  if (platform() === "win32") return;
  try {
    const handle = await open(directory, "r");
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (!(error instanceof Error && "code" in error && UNSYNCABLE.has(error.code))) throw error;
  }
}

async function guard<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw toHandleError(error, path);
  }
}
