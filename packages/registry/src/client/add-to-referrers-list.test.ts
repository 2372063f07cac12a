import {
  createMemoryStore,
  digestOf,
  formatReferrersTag,
  MEDIA_TYPES,
  parseManifest,
  type Repository,
  type Source,
  toReferrer,
} from "@airgap-bundle/core";
import { describe, expect, test } from "vitest";
import { useClients } from "../../../../test/support/clients.ts";
import {
  type MadeManifest,
  makeBlob,
  makeImage,
  makeIndex,
  putManifest,
} from "../../../../test/support/images.ts";
import type { RawAnswer, RawRequest } from "../../../../test/support/raw-server.ts";
import { makeReferrer } from "../../../../test/support/signatures.ts";
import type { Quirks } from "../server/options.ts";
import { serveRegistry } from "../server/serve-registry.ts";

const IMAGE = makeImage(["image"]);
const SUBJECT = IMAGE.descriptor;
const TAG = formatReferrersTag(SUBJECT.digest);
const [FIRST, SECOND] = [makeReferrer(SUBJECT, "first"), makeReferrer(SUBJECT, "second")];
const CREATED = { status: 201 };

const { closeAfterTest, open, openOdd, seen } = useClients();

interface Served {
  /** What the registry holds. */
  readonly held: Repository;
  /** The registry, over the network. */
  readonly repository: Repository;
}

/** A registry that holds the image. */
async function serve(quirks: Quirks): Promise<Served> {
  const store = createMemoryStore();
  const held = store.openRepository("team/app");
  await putManifest(held, IMAGE, "1.0");
  const served = await serveRegistry(store, { quirks, onRequest: (request) => seen.push(request) });
  closeAfterTest(served);
  return { held, repository: open(served.host).openRepository("team/app") };
}

/** What has the tag of the tag schema, as JSON; undefined if nothing has. */
async function readList(source: Source): Promise<unknown> {
  const descriptor = await source.resolve(TAG);
  if (descriptor === undefined) return undefined;
  return JSON.parse(new TextDecoder().decode(await source.readManifest(descriptor)));
}

function entryOf({ descriptor, content }: MadeManifest): unknown {
  return toReferrer(descriptor, parseManifest(descriptor, content));
}

/** An answer that holds these entries. */
function listOf(...entries: readonly MadeManifest[]): RawAnswer {
  const { content } = makeIndex(entries);
  return { headers: { "content-type": MEDIA_TYPES.ociIndex, etag: '"1"' }, body: content };
}

function isList({ url }: RawRequest): boolean {
  return url.endsWith(`/manifests/${TAG}`);
}

describe("putManifest() of a referrer", () => {
  test("leaves the list alone where the registry names the subject", async () => {
    const { held, repository } = await serve({});

    await putManifest(repository, FIRST);

    expect(await readList(held)).toBeUndefined();
    expect(await held.listReferrers(SUBJECT.digest)).toHaveLength(1);
  });

  test.each<[string, Quirks]>([
    ["the registry has no API for referrers", { referrersStatus: 404 }],
    ["the registry has one and does not say so", { omitSubject: true }],
  ])("puts it into the list where %s, with all that such a list says", async (_what, quirks) => {
    const { held, repository } = await serve(quirks);

    await putManifest(repository, FIRST);

    expect(await readList(held)).toEqual({
      schemaVersion: 2,
      mediaType: MEDIA_TYPES.ociIndex,
      manifests: [entryOf(FIRST)],
    });
    expect(entryOf(FIRST)).toMatchObject({
      artifactType: expect.any(String),
      annotations: expect.any(Object),
    });
  });

  test("row 77: keeps what is in the list, and adds nothing twice", async () => {
    const { held, repository } = await serve({ referrersStatus: 404 });
    const other = makeReferrer(SUBJECT, "other");
    await putManifest(held, { ...makeIndex([other], { "x-key": [1] }), children: [other] }, TAG);
    const before = await readList(held);

    await putManifest(repository, FIRST);
    await putManifest(repository, FIRST);

    expect(await readList(held)).toEqual({
      ...(before as object),
      manifests: [other.descriptor, entryOf(FIRST)],
    });
  });

  test("loses none of those that come at the same time", async () => {
    const { held, repository } = await serve({ referrersStatus: 404 });
    const referrers = Array.from({ length: 8 }, (_, position) => makeReferrer(SUBJECT, `${position}`));

    await Promise.all(referrers.map(async (referrer) => await putManifest(repository, referrer)));

    const list = (await readList(held)) as { readonly manifests: readonly { readonly digest: string }[] };
    expect(list.manifests.map(({ digest }) => digest).sort()).toEqual(
      referrers.map(({ descriptor }) => descriptor.digest).sort(),
    );
  });

  test("row 77: does not overwrite what is no list, and says what to do", async () => {
    const { held, repository } = await serve({ referrersStatus: 404 });
    await putManifest(held, IMAGE, TAG);

    await expect(putManifest(repository, FIRST)).rejects.toMatchObject({
      code: "MANIFEST_INVALID",
      message: expect.stringContaining("what is there is no index"),
      hint: expect.stringContaining("remove it"),
    });
    expect(await held.resolve(TAG)).toEqual(SUBJECT);
  });

  test("row 78: begins anew where somebody else was faster, and says which list it read", async () => {
    const lists = [listOf(), listOf(SECOND), listOf(SECOND, FIRST)];
    let puts = 0;
    const repository = await openOdd((request) => {
      if (!isList(request))
        return { ...CREATED, headers: { "docker-content-digest": FIRST.descriptor.digest } };
      if (request.method === "GET") return lists.shift() ?? { status: 500 };
      puts += 1;
      return { status: puts === 1 ? 412 : 201 };
    });

    await repository.putManifest(FIRST.descriptor, FIRST.content);

    const written = repository.server.requests.filter(
      (request) => request.method === "PUT" && isList(request),
    );
    expect(written.map(({ headers }) => headers["if-match"])).toEqual(['"1"', '"1"']);
    expect(written.map(({ body }) => JSON.parse(body))).toMatchObject([
      { manifests: [entryOf(FIRST)] },
      { manifests: [SECOND.descriptor, entryOf(FIRST)] },
    ]);
  });

  test("row 78: gives up where somebody else always wins", async () => {
    const repository = await openOdd((request) => {
      if (!isList(request))
        return { ...CREATED, headers: { "docker-content-digest": FIRST.descriptor.digest } };
      return request.method === "GET" ? listOf(SECOND) : CREATED;
    });

    await expect(repository.putManifest(FIRST.descriptor, FIRST.content)).rejects.toMatchObject({
      code: "UNAVAILABLE",
      message: expect.stringContaining("somebody else changes it at the same time"),
    });
    expect(repository.server.requests.filter(({ method }) => method === "PUT")).toHaveLength(4);
  });

  test("refuses a list that no registry would take", async () => {
    const annotations = { text: "x".repeat(4 * 1024 * 1024 - 300) };
    const body = JSON.stringify({ schemaVersion: 2, manifests: [{ digest: digestOf("x"), annotations }] });
    const repository = await openOdd((request) => {
      if (!isList(request))
        return { ...CREATED, headers: { "docker-content-digest": FIRST.descriptor.digest } };
      return { headers: { "content-type": MEDIA_TYPES.ociIndex }, body };
    });

    await expect(repository.putManifest(FIRST.descriptor, FIRST.content)).rejects.toMatchObject({
      code: "MANIFEST_INVALID",
      message: expect.stringContaining("registries take"),
    });
  });

  test("takes what is no manifest that it knows for no referrer", async () => {
    const blob = makeBlob("{}", "application/vnd.example.unknown+json");
    const repository = await openOdd(() => ({
      ...CREATED,
      headers: { "docker-content-digest": blob.descriptor.digest },
    }));

    await repository.putManifest(blob.descriptor, blob.content);

    expect(repository.server.requests).toHaveLength(1);
  });
});
