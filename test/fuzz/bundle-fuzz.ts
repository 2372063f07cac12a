import { rm } from "node:fs/promises";
import { join } from "node:path";
import { checkBundle } from "./check-bundle.ts";
import type { Fuzz } from "./fuzz.ts";
import { mutateBundle } from "./mutate-bundle.ts";
import { writeOriginalBundle } from "./original-bundle.ts";

/** Bundles that somebody tampered with. */
export async function openBundleFuzz(directory: string): Promise<Fuzz> {
  const original = await writeOriginalBundle(directory);
  return {
    name: "bundle",
    // Reading waits for the disk most of the time.
    concurrency: 4,
    async run(random, index) {
      const { kind, content } = mutateBundle(random, original);
      const path = join(directory, `${index}.tar`);
      const outcome = await checkBundle(path, content);
      await rm(path);
      return { kind, outcome };
    },
    close: async () => {},
  };
}
