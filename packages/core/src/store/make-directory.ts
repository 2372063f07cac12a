import { mkdir, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { isExistingFile } from "../file-error.ts";

/**
 * Makes a directory and those above it, if they are not there. Node's own way goes round for ever below a directory
 * that says of everything that it does not exist, as /proc does, and says of a read-only file system the same.
 *
 * @throws errors of the system, with the path
 */
export async function makeDirectory(path: string): Promise<void> {
  const failure = await tryMake(path);
  if (failure === undefined) return;
  const parent = dirname(path);
  const lacksParent = "code" in failure && failure.code === "ENOENT" && parent !== path;
  if (!lacksParent) throw failure;
  await makeDirectory(parent);
  const again = await tryMake(path);
  if (again !== undefined) throw again;
}

/** Why there is no such directory afterwards; undefined if there is. */
async function tryMake(path: string): Promise<Error | undefined> {
  try {
    await mkdir(path);
    return undefined;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return isExistingFile(error) && (await isDirectory(path)) ? undefined : error;
  }
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    // A link that leads nowhere.
    return false;
  }
}
