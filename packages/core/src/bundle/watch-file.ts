import type { FileHandle } from "node:fs/promises";
import { BundleError } from "../error.ts";

/** Throws if the file is no longer the one that was opened. */
export type CheckFile = () => Promise<void>;

/** Remembers a file as it is now, so that a change of its size or of its time of change is noticed later. */
export async function watchFile(handle: FileHandle, path: string): Promise<CheckFile> {
  const before = await handle.stat({ bigint: true });
  return async () => {
    const { size, mtimeNs } = await handle.stat({ bigint: true });
    if (size === before.size && mtimeNs === before.mtimeNs) return;
    throw new BundleError("FILE_FAILED", `Cannot read ${path}: it has changed while it was read`, {
      hint: "Let nothing write to it, and run it again",
    });
  };
}
