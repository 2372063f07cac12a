import { join } from "node:path";
import { checkBundle } from "./check-bundle.ts";
import type { Fuzz } from "./fuzz.ts";
import { mutateBundle } from "./mutate-bundle.ts";
import { writeOriginalBundle } from "./original-bundle.ts";

/** Bundles that somebody tampered with. */
export async function openBundleFuzz(directory: string): Promise<Fuzz> {
  const original = await writeOriginalBundle(directory);
  const path = join(directory, "mutated.tar");
  return {
    name: "bundle",
    concurrency: 1,
    async run(random) {
      const { kind, content } = mutateBundle(random, original);
      return { kind, outcome: await checkBundle(path, content) };
    },
    close: async () => {},
  };
}
