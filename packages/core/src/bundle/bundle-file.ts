import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { platform } from "node:os";
import { dirname, resolve } from "node:path";
import { closeAfter } from "../close-after.ts";
import type { BlobSink } from "../fetch/blob-sink.ts";
import { withFileErrors } from "../file-error.ts";
import { checkSpace } from "./check-space.ts";
import type { ComposedBundle, PlacedBlob } from "./compose-bundle.ts";
import { writeExactly } from "./file.ts";
import { endOfArchive, headPieces, layerHeader, type Piece, padding, type ReadMetadata } from "./frame.ts";
import { openLayerSink, type UnnotedLayer, type WatchOptions } from "./layer-sink.ts";
import { journalPath, openPartialFile, removePartialFile } from "./partial-file.ts";
import { rearrange } from "./rearrange.ts";
import { type FinishOptions, settleRest, takeUpRest } from "./rest-file.ts";

/** A bundle that is being written under a temporary name. Errors of every method: `NO_SPACE`, `FILE_FAILED`. */
export interface BundleFile {
  /** Where a layer's bytes go; what an earlier run left of it is there, as far as it is right. */
  openLayer(layer: PlacedBlob, options?: WatchOptions): Promise<BlobSink>;
  /** Moves the layers that are there to where they lie in this bundle; what it does not have is kept behind it. */
  moveLayers(bundle: ComposedBundle, options?: WatchOptions): Promise<void>;
  /** Writes all but the layers, makes it durable and gives it its name. What becomes of other layers is up to `rest`. */
  finish(bundle: ComposedBundle, readMetadata: ReadMetadata, options?: FinishOptions): Promise<void>;
  /** Keeps what was written of the layers for the next run; a file without any is removed. */
  close(): Promise<void>;
}

/**
 * Begins a bundle that will be called `path`, or goes on with it. Until it is finished it lies beside it, with a name that
 * ends in `.partial`, and what is noted of it in a journal beside that.
 *
 * @throws `NO_SPACE` if the file system has less left than it takes; `OUTPUT_EXISTS` if something else has the temporary
 * name; `FILE_FAILED`; the abort reason of `signal`
 */
export async function createBundleFile(
  path: string,
  planned: ComposedBundle,
  options: WatchOptions = {},
): Promise<BundleFile> {
  const partial = `${path}.partial`;
  const spare = await checkRoom(path, planned, options);
  const file = await withFileErrors(
    partial,
    async () => await openPartialFile(partial, planned, { ...options, spare }),
  );
  const { handle, journal } = file;
  const unnoted = new Map<string, UnnotedLayer>();
  let isOpen = true;

  const noteAll = async (): Promise<void> => {
    for (const [digest, { offset, checkpoint }] of unnoted) await journal.note(digest, offset, checkpoint);
    unnoted.clear();
  };

  const closeHandles = async (): Promise<void> => {
    isOpen = false;
    await closeAfter(handle, async () => await journal.close());
  };

  return {
    async openLayer(layer, layerOptions) {
      const noted = journal.entries().get(layer.descriptor.digest);
      const layerFile = { handle, journal, path: partial, unnoted };
      return await openLayerSink(layer, layerFile, { ...layerOptions, noted });
    },
    async moveLayers(bundle, moveOptions) {
      await withFileErrors(partial, async () => {
        await noteAll();
        await rearrange(file, bundle, { ...moveOptions, mayDrop: "rest" });
      });
    },
    async finish(finished, readMetadata, finishOptions = {}) {
      await withFileErrors(partial, async () => {
        await writeFrame(handle, finished, readMetadata);
        const isRestKept = await settleRest(file, partial, finished, finishOptions);
        // Not behind the cut: a run that dies between that and the name loses what was put aside.
        await handle.sync();
        await handle.truncate(finished.size);
        await handle.sync();
        await closeHandles();
        await withFileErrors(path, async () => await rename(partial, path));
        // On some file systems only the second of two names may be left when the power goes.
        await syncDirectory(dirname(resolve(path)));
        if (isRestKept) await takeUpRest(partial);
        else await rm(journalPath(partial), { force: true });
      });
    },
    async close() {
      if (!isOpen) return;
      await withFileErrors(partial, async () => {
        await closeAfter({ close: closeHandles }, noteAll);
        if (journal.entries().size === 0) await removePartialFile(partial);
      });
    },
  };
}

/**
 * Looks whether a bundle will fit where `path` is, beside what an earlier run has left of it; resolves to the bytes that are
 * left then.
 *
 * @throws `NO_SPACE`; `FILE_FAILED`; the abort reason of `signal`
 */
export async function checkRoom(
  path: string,
  bundle: ComposedBundle,
  options: WatchOptions = {},
): Promise<number> {
  const partial = `${path}.partial`;
  await withFileErrors(partial, async () => await takeUpRest(partial, options));
  return await checkSpace(path, bundle.size, partial);
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
    await closeAfter(handle, async () => await handle.sync());
  } catch (error) {
    if (!(error instanceof Error && "code" in error && UNSYNCABLE.has(error.code))) throw error;
  }
}
