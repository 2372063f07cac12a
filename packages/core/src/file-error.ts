import { BundleError } from "./error.ts";

/** EFBIG: the file system, or `ulimit -f`, takes no file of that size. */
const NO_SPACE_CODES: ReadonlySet<string> = new Set(["ENOSPC", "EDQUOT", "EFBIG"]);

/** What the system's codes say to people. */
const REASONS: ReadonlyMap<string, string> = new Map([
  ["EACCES", "permission is refused (EACCES)"],
  ["EEXIST", "something else of that name is there"],
  ["EINVAL", "the file system does not do this (EINVAL)"],
  ["EIO", "the medium cannot be read or written (EIO)"],
  ["EISDIR", "it is a directory"],
  ["ERR_FS_EISDIR", "it is a directory"],
  ["ELOOP", "it is a link, or a part of its path is a link to itself"],
  ["ENAMETOOLONG", "its name is too long"],
  ["ENOENT", "there is no such file or directory"],
  ["ENOTDIR", "a part of its path is not a directory"],
  ["EPERM", "permission is refused (EPERM)"],
  ["EROFS", "the file system is read-only"],
]);

/** Does the error mean that there is no such file? */
export function isMissingFile(error: unknown): boolean {
  const code = systemCode(error);
  return code === "ENOENT" || code === "ENOTDIR";
}

/** Does the error mean that there is such a file already? */
export function isExistingFile(error: unknown): boolean {
  return systemCode(error) === "EEXIST";
}

/**
 * A file system's error as `NO_SPACE` or `FILE_FAILED`, with the path; any other error as it is: content that is being
 * stored may fail by itself, with a socket's error.
 */
export function toFileError(error: unknown, path: string): unknown {
  if (error instanceof Error && "path" in error) return toHandleError(error, path);
  return isNoSpace(error) ? noSpace(error, path) : error;
}

/** As {@link toFileError}, of work that does nothing but with this file: errors of an open file do not name it. */
export function toHandleError(error: unknown, path: string): unknown {
  if (isNoSpace(error)) return noSpace(error, path);
  const code = systemCode(error);
  if (code === undefined) return error;
  return new BundleError("FILE_FAILED", `Cannot use ${JSON.stringify(path)}: ${describeFileError(error)}`, {
    cause: error,
  });
}

/** Does work with nothing but this open file. @throws the system's errors as {@link toHandleError} has them */
export async function withFileErrors<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw toHandleError(error, path);
  }
}

/** Does the error mean that there is no more room: on the file system, in a quota, or in a file of the size allowed? */
export function isNoSpace(error: unknown): boolean {
  const code = systemCode(error);
  return code !== undefined && NO_SPACE_CODES.has(code);
}

function noSpace(error: unknown, path: string): BundleError {
  if (systemCode(error) === "EFBIG") {
    return new BundleError(
      "NO_SPACE",
      `Cannot write ${JSON.stringify(path)}: a file of this size is not allowed (EFBIG)`,
      { cause: error, hint: "Write to another file system, or raise the limit of ulimit -f" },
    );
  }
  return new BundleError("NO_SPACE", `Cannot write ${JSON.stringify(path)}: no space is left`, {
    cause: error,
    hint: "Make room on that file system and run it again",
  });
}

/** What a file system's error means, to stand behind a colon. */
export function describeFileError(error: unknown): string {
  const code = systemCode(error);
  if (code !== undefined) return REASONS.get(code) ?? code;
  return error instanceof Error ? error.message : String(error);
}

/** Did the error come from a system call? */
export function isSystemError(error: unknown): boolean {
  return systemCode(error) !== undefined;
}

/** The code of an error that came from a system call; an abort or one of our own has none. */
function systemCode(error: unknown): string | undefined {
  if (!(error instanceof Error && "syscall" in error && "code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}
