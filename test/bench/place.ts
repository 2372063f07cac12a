import { readFileSync } from "node:fs";
import { mkdtemp, statfs } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const MEMORY_FILES = "/dev/shm";
/** As `statfs` names it: {@link https://man7.org/linux/man-pages/man2/statfs.2.html}. */
const TMPFS = 0x01021994;

/** What the commands themselves need, beside their files. */
const SPARE_MEMORY = 3 * 1024 ** 3;

/** Where registries and commands have their files. */
export interface Place {
  readonly directory: string;
  readonly fileSystem: "tmpfs" | "temporary directory";
}

/** Makes a directory on a file system in memory if there is one with so many bytes to spare, else in the temporary one. */
export async function makePlace(neededSize: number): Promise<Place> {
  if (await hasRoom(neededSize))
    return { directory: await mkdtemp(join(MEMORY_FILES, "bundle-bench-")), fileSystem: "tmpfs" };
  return { directory: await mkdtemp(join(tmpdir(), "bundle-bench-")), fileSystem: "temporary directory" };
}

async function hasRoom(neededSize: number): Promise<boolean> {
  try {
    const { type, bavail, bsize } = await statfs(MEMORY_FILES);
    const [, kibibytes = "0"] = /^MemAvailable: +([0-9]+)/m.exec(readFileSync("/proc/meminfo", "utf8")) ?? [];
    return (
      type === TMPFS && bavail * bsize > neededSize && Number(kibibytes) * 1024 > neededSize + SPARE_MEMORY
    );
  } catch {
    // No such file system on this machine.
    return false;
  }
}
