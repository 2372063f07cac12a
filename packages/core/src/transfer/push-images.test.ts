import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { createRegistries, writeBundle } from "../../../../test/support/bundles.ts";
import { makeImage } from "../../../../test/support/images.ts";
import { openBundle } from "../bundle/open-bundle.ts";
import { planImport } from "./plan-import.ts";
import { pushImages } from "./push-images.ts";
import { createPushStops } from "./push-stops.ts";

test("pushImages() pushes several manifests at a time where all images wait for one small blob", async () => {
  const directory = await mkdtemp(join(tmpdir(), "push-images-"));
  onTestFinished(async () => await rm(directory, { recursive: true }));
  const path = join(directory, "out.tar");
  const names = Array.from({ length: 12 }, (_, i) => i);
  await writeBundle(
    path,
    names.map((i) => [`r.io/app${i}:1`, makeImage([`large ${"x".repeat(100 + i)}`, "s"])]),
  );
  const bundle = await openBundle(path);
  onTestFinished(async () => await bundle.close());
  const registries = await createRegistries();
  let busy = 0;
  let most = 0;

  const report = await pushImages(bundle, planImport(bundle.document), {
    openRepository: ({ target }) => {
      const repository = registries.openRepository(target);
      return {
        ...repository,
        putManifest: async (...manifest) => {
          most = Math.max(most, ++busy);
          await sleep(5);
          busy -= 1;
          await repository.putManifest(...manifest);
        },
      };
    },
    jobs: 4,
    stops: createPushStops(),
  });

  expect(report.failures.size).toBe(0);
  expect(most).toBe(4);
});

test("pushImages() sends a damaged layer to no further repository", async () => {
  const directory = await mkdtemp(join(tmpdir(), "push-images-"));
  onTestFinished(async () => await rm(directory, { recursive: true }));
  const path = join(directory, "out.tar");
  const layer = "a layer of three images";
  await writeBundle(
    path,
    ["a", "b", "c"].map((name) => [`r.io/${name}:1`, makeImage([name, layer])]),
  );
  const content = await readFile(path);
  content.write("A", content.lastIndexOf(layer));
  await writeFile(path, content);
  const bundle = await openBundle(path);
  onTestFinished(async () => await bundle.close());
  const registries = await createRegistries();
  const refused: string[] = [];

  const { failures } = await pushImages(bundle, planImport(bundle.document), {
    openRepository: ({ target }) => {
      const repository = registries.openRepository(target);
      return {
        ...repository,
        putBlob: async (...blob) => {
          try {
            return await repository.putBlob(...blob);
          } catch (error) {
            refused.push(target.repository);
            throw error;
          }
        },
      };
    },
    jobs: 2,
    stops: createPushStops(),
  });

  expect(refused).toHaveLength(1);
  expect([...failures.values()]).toMatchObject(Array(3).fill({ code: "DIGEST_INVALID" }));
});
