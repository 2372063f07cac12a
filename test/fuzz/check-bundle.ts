import { writeFile } from "node:fs/promises";
import {
  contentOf,
  createMemoryStore,
  type Descriptor,
  importBundle,
  MAX_MANIFEST_SIZE,
  type OpenedBundle,
  openBundle,
  type PlannedImport,
  parseManifest,
  planImport,
  readAll,
  type Source,
  type Store,
  verified,
  verifyBundle,
} from "@airgap-bundle/core";
import { failureOf } from "./failure.ts";

/** What reading a file may end with. */
const READ_CODES: ReadonlySet<string> = new Set(["BUNDLE_INVALID", "BUNDLE_UNSUPPORTED"]);

/** What a look at the whole file told. */
interface Verdict {
  readonly isSound: boolean;
  readonly outcome: string;
}

/**
 * Gives a file to everything that reads bundles: opens it, verifies it, imports it into a store of its own.
 *
 * @returns what came of it, in a word
 * @throws if anything but a refusal happened, or something was published that is not what the file promises
 */
export async function checkBundle(path: string, content: Buffer): Promise<string> {
  await writeFile(path, content);
  const verdict = await verify(path);
  const opened = await failureOf(openBundle(path), READ_CODES);
  if ("code" in opened) {
    if (verdict.isSound) throw new Error(`verify finds nothing and open refuses with ${opened.code}`);
    return `${opened.code} (${verdict.outcome})`;
  }
  try {
    return await importAll(opened.value, verdict);
  } finally {
    await opened.value.close();
  }
}

async function verify(path: string): Promise<Verdict> {
  const report = await failureOf(verifyBundle(path), READ_CODES);
  if ("code" in report) return { isSound: false, outcome: report.code };
  const [problem] = report.value.problems;
  return problem === undefined
    ? { isSound: true, outcome: "sound" }
    : { isSound: false, outcome: problem.kind };
}

async function importAll(bundle: OpenedBundle, verdict: Verdict): Promise<string> {
  const stores = new Map<string, Store>();
  const storeOf = (registry: string): Store => {
    const store = stores.get(registry) ?? createMemoryStore();
    stores.set(registry, store);
    return store;
  };
  // Where the bundle names no registry the operator does.
  const isNamed = bundle.document.images.every(({ target }) => target.registry !== null);
  const planned = await failureOf(
    (async () => planImport(bundle.document, isNamed ? {} : { to: "target.example" }))(),
    new Set(isNamed ? [] : ["TARGET_CONFLICT", "REFERENCE_INVALID"]),
  );
  if ("code" in planned) return `plan: ${planned.code}`;
  const openRepository = ({ target }: PlannedImport): ReturnType<Store["openRepository"]> =>
    storeOf(target.registry).openRepository(target.repository);
  const report = await importBundle(bundle, planned.value, { openRepository, jobs: 2 });
  await checkPublished(planned.value, stores);
  const failed = report.images.filter(({ status }) => status === "failed");
  for (const { code, message } of failed) {
    if (code !== "DIGEST_INVALID")
      throw new Error(`an image of an opened bundle fails with ${code}: ${message}`);
  }
  if (verdict.isSound && failed.length > 0) throw new Error("verify finds nothing and import fails");
  if (!verdict.isSound && failed.length === 0) throw new Error("verify finds a problem and import takes all");
  for (const image of report.images) await checkImage(image, planned.value, openRepository);
  return failed.length === 0 ? "imported" : "imported without the damaged";
}

/** An image is there as a whole if the report says so, and not under its tag otherwise. */
async function checkImage(
  {
    target: name,
    digest,
    status,
  }: { readonly target: string; readonly digest: string; readonly status: string },
  planned: readonly PlannedImport[],
  openRepository: (planned: PlannedImport) => Source,
): Promise<void> {
  const one = planned.find((candidate) => candidate.name === name);
  if (one === undefined) throw new Error(`the report names ${name}, which nobody planned`);
  const found = await openRepository(one).resolve(one.target.tag ?? digest);
  const isThere = found?.digest === digest;
  if (status === "pushed" && !isThere) throw new Error(`${name} is said to be pushed and is not there`);
  if (status === "failed" && one.target.tag !== null && found !== undefined)
    throw new Error(`${name} is said to have failed and is there`);
}

/** Every tag is one that the bundle names, and stands for what the bundle says, of which every byte has its digest. */
async function checkPublished(
  planned: readonly PlannedImport[],
  stores: ReadonlyMap<string, Store>,
): Promise<void> {
  const promised = new Map(planned.map(({ name, image }) => [name, image.descriptor.digest]));
  for (const [registry, store] of stores) {
    for (const name of await store.listRepositories()) {
      const repository = store.openRepository(name);
      for await (const tag of repository.listTags()) {
        const descriptor = await repository.resolve(tag);
        if (descriptor === undefined) throw new Error(`${name}:${tag} stands for nothing`);
        if (promised.get(`${registry}/${name}:${tag}`) !== descriptor.digest)
          throw new Error(`${registry}/${name}:${tag} is not what the bundle promises`);
        await checkClosure(repository, descriptor);
      }
    }
  }
}

async function checkClosure(repository: Source, descriptor: Descriptor): Promise<void> {
  const content = await repository.readManifest(descriptor);
  await readAll(verified(descriptor, contentOf(content)), MAX_MANIFEST_SIZE);
  const manifest = parseManifest(descriptor, content);
  if (manifest.kind === "index") {
    for (const child of manifest.children) await checkClosure(repository, child);
    return;
  }
  for (const blob of manifest.config === undefined ? manifest.layers : [manifest.config, ...manifest.layers])
    await readAll(verified(blob, repository.openBlob(blob)), MAX_MANIFEST_SIZE);
}
