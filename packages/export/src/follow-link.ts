import type { Stats } from "node:fs";
import { readlink, realpath, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { BundleError } from "@airgap-bundle/core";

/** What Linux follows too. */
const MAX_LINKS = 40;

/**
 * The place at which a file really is or will be, where its path is a link: what replaces the file must not replace the
 * link, and needs room there. A path that is none, or of a pipe or device, is left as it is.
 *
 * @throws `USAGE` for a link that leads to itself
 */
export async function followLink(path: string): Promise<string> {
  const found = await orUndefined<Stats>(stat(path));
  if (found !== undefined && !found.isFile()) return path;
  let place = path;
  for (let links = 0; links <= MAX_LINKS; links++) {
    const target = await orUndefined(readlink(place));
    if (target === undefined) return place;
    const directory = await orUndefined(realpath(dirname(place)));
    if (directory === undefined) return path;
    place = resolve(directory, target);
  }
  throw new BundleError("USAGE", `Cannot write ${path}: it is a link that leads to itself`, {
    hint: "Remove the link, or choose another place with -o",
  });
}

/** Undefined where the system has no such thing, or does not let it be looked at: whoever opens the path is told why. */
async function orUndefined<T>(found: Promise<T>): Promise<T | undefined> {
  try {
    return await found;
  } catch {
    return undefined;
  }
}
