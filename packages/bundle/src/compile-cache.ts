import { existsSync, mkdirSync, realpathSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, isAbsolute, join } from "node:path";

/** What others may write. */
const WRITABLE_BY_OTHERS = 0o022;

/** Where others may write, but not take away what is not theirs: `/tmp`. */
const STICKY = 0o1000;

const ROOT = 0;

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
    makeDirectory(directory);
    // Without the links on the way to it, which somebody could turn elsewhere.
    const real = realpathSync(directory);
    return isOwn(real) ? real : undefined;
  } catch {
    // No home, or one that cannot be written, costs a slower start, nothing else.
    return undefined;
  }
}

/** One level at a time: node's own way goes round for ever below a directory such as /proc. */
function makeDirectory(path: string): void {
  if (existsSync(path)) return;
  makeDirectory(dirname(path));
  mkdirSync(path, { mode: 0o700 });
}

/** Windows has no such modes, and there the directory is in the user's profile. */
function isOwn(directory: string): boolean {
  const user = process.getuid?.();
  if (user === undefined) return true;
  const { uid, mode } = statSync(directory);
  return uid === user && (mode & WRITABLE_BY_OTHERS) === 0 && isOutOfReach(dirname(directory), user);
}

/** Can nobody but this user put something else in the place of what lies in this directory, or of one above it? */
function isOutOfReach(directory: string, user: number): boolean {
  const { uid, mode } = statSync(directory);
  const isKept = (mode & WRITABLE_BY_OTHERS) === 0 || (mode & STICKY) !== 0;
  if (!isKept || (uid !== user && uid !== ROOT)) return false;
  const parent = dirname(directory);
  return parent === directory || isOutOfReach(parent, user);
}
