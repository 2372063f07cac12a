import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { isMissingFile, toFileError } from "../file-error.ts";
import { replaceFile } from "./replace-file.ts";

/** What a directory holds. */
export interface DirectoryNames {
  readonly files: readonly string[];
  readonly directories: readonly string[];
}

/** The text of a small file; undefined if there is none. @throws `FILE_FAILED` */
export async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (isMissingFile(error)) return undefined;
    throw toFileError(error, path);
  }
}

/** Writes a small file and the directories above it. Readers see the old text or the new one. @throws `FILE_FAILED`, `NO_SPACE` */
export async function writeText(path: string, text: string): Promise<void> {
  await replaceFile(path, async (temporary) => await writeFile(temporary, text, { flag: "wx", flush: true }));
}

/** Takes a file away, if it is there. @throws `FILE_FAILED` */
export async function removeFile(path: string): Promise<void> {
  try {
    await rm(path, { force: true });
  } catch (error) {
    throw toFileError(error, path);
  }
}

/** The names in a directory, none if it does not exist. @throws `FILE_FAILED` */
export async function listDirectory(path: string): Promise<DirectoryNames> {
  try {
    const entries = await readdir(path, { withFileTypes: true });
    return {
      files: entries.filter((entry) => entry.isFile()).map((entry) => entry.name),
      directories: entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name),
    };
  } catch (error) {
    if (isMissingFile(error)) return { files: [], directories: [] };
    throw toFileError(error, path);
  }
}
