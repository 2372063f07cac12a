import { readFile } from "node:fs/promises";
import { isMissingFile } from "../file-error.ts";

/** A file's text; empty if there is no such file. @throws errors of the system */
export async function readIfThere(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (isMissingFile(error)) return "";
    throw error;
  }
}
