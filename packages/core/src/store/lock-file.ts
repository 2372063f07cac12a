import { readFile, readlink, rename, rm, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { isExistingFile, isMissingFile, isSystemError } from "../file-error.ts";
import { statFile } from "./blob-directory.ts";
import { readIfThere } from "./read-if-there.ts";

/** Who has something that only one process may have. */
export interface Holder {
  readonly pid: number;
  readonly host: string;
  /** False for a process of another machine or container: whether it still runs cannot be found out here. */
  readonly isNear: boolean;
}

/** What came of trying to take a lock: `release` gives it back; `holder` has it, undefined if the file does not say who. */
export type LockAttempt = { readonly release: () => Promise<void> } | { readonly holder: Holder | undefined };

/** What a lock's file says. `began` tells processes apart that had the same number one after the other. */
interface LockContent {
  readonly pid: number;
  readonly host: string;
  readonly began: string;
  /** In which its number means something: containers may have one host name and numbers of their own. */
  readonly space: string;
}

/** Longer than it takes to put a lock back that was taken away by mistake, or to write one. */
const SETTLING_MS = 20;

/**
 * Takes the lock whose file is `path`, also from a process of this machine that has ended without giving it back. Of
 * another machine's or container's processes nothing can be known: theirs stay until somebody removes the file, and so
 * does a file that is no lock or cannot be read.
 *
 * @throws errors of the system where nothing can be written
 */
export async function tryLock(path: string): Promise<LockAttempt> {
  const began = await beginningOf(process.pid);
  const space = await spaceOf();
  const own = JSON.stringify({ pid: process.pid, host: hostname(), began, space, id: crypto.randomUUID() });
  for (;;) {
    const hasCreated = await create(path, own);
    const before = hasCreated ? own : await readLock(path);
    if (before === undefined) return { holder: undefined };
    if (!hasCreated) {
      const content = parseContent(before);
      if (content === "unknown") return { holder: undefined };
      const holder = content === "unfinished" ? undefined : await findHolder(content, space);
      if (holder !== undefined) return { holder };
    }
    await sleep(SETTLING_MS);
    // Somebody else may be taking the same lock.
    if ((await readLock(path)) !== before) continue;
    if (hasCreated) return { release: async () => await release(path, own) };
    await takeAway(path, before);
  }
}

/** Not if somebody has removed it, and it is another process's by now. */
async function release(path: string, own: string): Promise<void> {
  if ((await readLock(path)) === own) await rm(path, { force: true });
}

/** Empty if it is not there any more, undefined if it cannot be read, as another user's, or is none by its size. */
async function readLock(path: string): Promise<string | undefined> {
  try {
    const size = (await statFile(path))?.size ?? 0;
    return size > MAX_SIZE ? undefined : await readIfThere(path);
  } catch (error) {
    if (!isSystemError(error)) throw error;
    return undefined;
  }
}

/** Undefined if that process has ended. */
async function findHolder(content: LockContent, space: string): Promise<Holder | undefined> {
  const { pid, host } = content;
  const isNear = host === hostname() && content.space === space;
  return !isNear || (await isAlive(content)) ? { pid, host, isNear } : undefined;
}

async function create(path: string, content: string): Promise<boolean> {
  try {
    await writeFile(path, content, { flag: "wx" });
    return true;
  } catch (error) {
    if (isExistingFile(error)) return false;
    throw error;
  }
}

/** Removes a lock whose holder is gone, unless somebody else was faster and it is theirs by now. */
async function takeAway(path: string, content: string): Promise<void> {
  const aside = `${path}.${crypto.randomUUID()}`;
  try {
    await rename(path, aside);
  } catch (error) {
    if (isMissingFile(error)) return;
    throw error;
  }
  if ((await readIfThere(aside)) === content) await rm(aside, { force: true });
  else await rename(aside, path);
}

async function isAlive({ pid, began }: LockContent): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it is there and somebody else's.
    if (error instanceof Error && "code" in error && error.code === "ESRCH") return false;
  }
  const known = await beginningOf(pid);
  // Where the system does not tell, it may be the same.
  return known === "" || began === "" || began === known;
}

/** The space of this process's number; empty where the system has one for all, or does not tell. */
async function spaceOf(): Promise<string> {
  try {
    return await readlink("/proc/self/ns/pid");
  } catch (error) {
    if (error instanceof Error && "syscall" in error) return "";
    throw error;
  }
}

/** When a process began, in the system's own count since it was started; empty where the system does not tell. */
async function beginningOf(pid: number): Promise<string> {
  try {
    const boot = await readFile("/proc/sys/kernel/random/boot_id", "utf8");
    const stat = await readFile(`/proc/${pid}/stat`, "utf8");
    // The second field is the program's name in brackets, which may have blanks in it: proc(5).
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return `${boot.trim()} ${fields[19] ?? ""}`;
  } catch (error) {
    if (error instanceof Error && "syscall" in error) return "";
    throw error;
  }
}

/** No lock comes near. */
const MAX_SIZE = 4096;

/** How every lock begins, however little its process has written of it. */
const BEGINNING = '{"pid":';

/** What a lock says: `unfinished` if its process ended while it wrote it, `unknown` if nobody wrote it as one. */
function parseContent(content: string): LockContent | "unfinished" | "unknown" {
  // Some file systems leave zeros of what was written last before the power went.
  if (/^\0*$/.test(content)) return "unfinished";
  try {
    const value: unknown = JSON.parse(content);
    const { pid, host, began, space } = { ...(value as Partial<LockContent>) };
    const isWhole = typeof pid === "number" && typeof host === "string" && typeof began === "string";
    return isWhole && typeof space === "string" ? { pid, host, began, space } : "unknown";
  } catch {
    return BEGINNING.startsWith(content.slice(0, BEGINNING.length)) ? "unfinished" : "unknown";
  }
}
