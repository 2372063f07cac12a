import { mkdirSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";

/** What others may write. */
const WRITABLE_BY_OTHERS = 0o022;

/**
 * The directory for node's compiled code, beside what else `bundle` caches; made if need be. Undefined if there is none
 * that this user alone can write: node runs what lies there, and its own choice is a path below `/tmp` that any user of
 * the machine may have made before.
 */
export function openCompileCache(
  environment: Readonly<Record<string, string | undefined>>,
): string | undefined {
  try {
    const cacheHome = environment["XDG_CACHE_HOME"] ?? "";
    const base = isAbsolute(cacheHome) ? cacheHome : join(homedir(), ".cache");
    const directory = join(base, "bundle", "compiled");
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    return isOwn(directory) ? directory : undefined;
  } catch {
    // No home, or one that cannot be written, costs a slower start, nothing else.
    return undefined;
  }
}

/** Windows has no such modes, and there the directory is in the user's profile. */
function isOwn(directory: string): boolean {
  if (process.getuid === undefined) return true;
  const { uid, mode } = statSync(directory);
  return uid === process.getuid() && (mode & WRITABLE_BY_OTHERS) === 0;
}
