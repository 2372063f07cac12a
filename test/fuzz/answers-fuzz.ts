import { contentOf, isTag, type Repository, readAll, verified } from "@airgap-bundle/core";
import { openRegistry } from "@airgap-bundle/registry";
import { makeBlob, makeImage } from "../support/images.ts";
import { type RawServer, serveRaw } from "../support/raw-server.ts";
import { failureOf } from "./failure.ts";
import type { Fuzz } from "./fuzz.ts";
import { mutateAnswer } from "./mutate-answer.ts";
import { answerSoundly } from "./odd-registry.ts";
import type { Random } from "./random.ts";

const MANIFEST = makeImage(["layer"]);
const BLOB = makeBlob("some content of a blob");
const CREDENTIALS = { kind: "password", origin: "a test", username: "user", password: "the-secret" } as const;

/** Beyond this a registry leads its client by the nose. */
const MAX_REQUESTS = 100;

/** Whatever a registry can be blamed for. */
const CODES: ReadonlySet<string> = new Set([
  "BLOB_UNKNOWN",
  "BLOB_UPLOAD_INVALID",
  "BLOB_UPLOAD_UNKNOWN",
  "CONNECTION_FAILED",
  "DENIED",
  "DIGEST_INVALID",
  "MANIFEST_BLOB_UNKNOWN",
  "MANIFEST_INVALID",
  "MANIFEST_UNKNOWN",
  "NAME_INVALID",
  "NAME_UNKNOWN",
  "REGISTRY_FAILED",
  "SIZE_INVALID",
  "TLS_FAILED",
  "TOOMANYREQUESTS",
  "UNAUTHORIZED",
  "UNAVAILABLE",
  "UNSUPPORTED",
]);

/** What is asked of a registry; each tells whether what came is right. */
const WORK: Readonly<Record<string, (repository: Repository) => Promise<void>>> = {
  resolve: async (repository) => {
    const found = await repository.resolve("1.0");
    if (found === undefined) return;
    if (!(Number.isSafeInteger(found.size) && found.size > 0))
      throw new Error(`A manifest of ${found.size} bytes`);
    await readAll(verified(found, contentOf(await repository.readManifest(found))), found.size);
  },
  manifest: async (repository) => {
    const content = await repository.readManifest(MANIFEST.descriptor);
    if (!MANIFEST.content.equals(content)) throw new Error("Another manifest came");
  },
  tags: async (repository) => {
    const tags = await Array.fromAsync(repository.listTags());
    if (!tags.every(isTag)) throw new Error("What is no tag is listed");
    if (new Set(tags).size !== tags.length) throw new Error("A tag is listed twice");
  },
  blob: async (repository) => {
    const { descriptor, content } = BLOB;
    const found = await readAll(verified(descriptor, repository.openBlob(descriptor)), descriptor.size);
    if (!content.equals(found)) throw new Error("Another blob came");
  },
  push: async (repository) => {
    await repository.statBlob(BLOB.descriptor.digest);
    await repository.putBlob(BLOB.descriptor, () => contentOf(BLOB.content));
    await repository.putManifest(MANIFEST.descriptor, MANIFEST.content, { tag: "1.0" });
  },
};

/** Registries whose answers are not what they should be. */
export async function openAnswersFuzz(): Promise<Fuzz> {
  return {
    name: "answers",
    concurrency: 8,
    async run(random) {
      const kind = random.pick(Object.keys(WORK));
      const outcome = await withServers(random, async (repository) => await WORK[kind]?.(repository));
      return { kind, outcome };
    },
    close: async () => {},
  };
}

async function withServers(random: Random, work: (repository: Repository) => Promise<void>): Promise<string> {
  const places = { own: "", elsewhere: "" };
  const answer = answerSoundly({ manifest: MANIFEST, blob: BLOB }, places);
  const elsewhere = await serveRaw(() => mutateAnswer(random, { body: BLOB.content }));
  const server = await serveRaw((request) => mutateAnswer(random, answer(request)));
  places.own = server.url;
  places.elsewhere = elsewhere.url;
  const registry = openRegistry(server.host, {
    userAgent: "fuzz",
    findCredentials: async () => CREDENTIALS,
  });
  try {
    const outcome = await failureOf(work(registry.openRepository("team/app")), CODES);
    checkRequests(server, elsewhere);
    return "code" in outcome ? outcome.code : "done";
  } finally {
    await registry.close();
    await Promise.all([server.close(), elsewhere.close()]);
  }
}

/** Credentials and tokens are the registry's own; only a token server may be elsewhere. */
function checkRequests(server: RawServer, elsewhere: RawServer): void {
  const count = server.requests.length + elsewhere.requests.length;
  if (count > MAX_REQUESTS) throw new Error(`${count} requests were made`);
  for (const { url, headers } of elsewhere.requests) {
    if (headers.authorization !== undefined && !url.includes("service="))
      throw new Error(`Another server was sent an authorization with ${url}`);
  }
}
