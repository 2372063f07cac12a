import {
  type AbortOptions,
  BundleError,
  formatReferrersTag,
  MAX_MANIFEST_SIZE,
  MEDIA_TYPES,
  type Referrer,
} from "@airgap-bundle/core";
import * as z from "zod";
import { formatRoute } from "../routes.ts";
import { collectBody } from "./body.ts";
import { parseJson } from "./read-json.ts";
import { nameOf, pullScopes, pushScopes, type Remote } from "./remote.ts";
import { discard, headerOf, mediaTypeOf } from "./response.ts";

/** Somebody else who adds to the same list at the same time may win; not for ever. */
const ATTEMPTS = 3;

/** All but the entries is kept as it is, and of these everything. */
const ListDocument = z.looseObject({ manifests: z.array(z.looseObject({ digest: z.string() })) });
type ListDocument = z.infer<typeof ListDocument>;

interface StoredList {
  readonly document: ListDocument;
  readonly etag: string | undefined;
}

/** What every change of a list has in common. */
interface ListWork {
  readonly remote: Remote;
  readonly tag: string;
  /** "verb object", for messages. */
  readonly what: string;
  readonly signal: AbortSignal | undefined;
}

/**
 * Puts a referrer into the list that its subject has by the tag schema, as clients must where a registry does it not
 * itself: {@link https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pushing-manifests-with-subject}.
 * What is in the list stays; afterwards it is read again to see that nobody has overwritten it meanwhile.
 *
 * @throws `MANIFEST_INVALID` if something else than an index has the tag; `UNAVAILABLE` if others always win
 */
export async function addToReferrersList(
  remote: Remote,
  subject: string,
  referrer: Referrer,
  options: AbortOptions,
): Promise<void> {
  const tag = formatReferrersTag(subject);
  const what = `add referrer ${referrer.digest} to ${nameOf(remote)}:${tag}`;
  const key = `${remote.path}:${tag}`;
  const { listChanges } = remote.memory;
  const before = listChanges.get(key) ?? Promise.resolve();
  const add = async (): Promise<void> =>
    await addInTurn(referrer, { remote, tag, what, signal: options.signal });
  // Whatever became of the change before.
  const change = before.then(add, add);
  listChanges.set(key, change);
  await change;
}

async function addInTurn(referrer: Referrer, work: ListWork): Promise<void> {
  let list = await readList(work);
  for (let attempt = 0; !hasEntry(list, referrer); attempt++) {
    if (attempt === ATTEMPTS) throw tooBusy(work);
    await writeList(list, referrer, work);
    list = await readList(work);
  }
}

function hasEntry(list: StoredList | undefined, referrer: Referrer): boolean {
  return list?.document.manifests.some(({ digest }) => digest === referrer.digest) === true;
}

async function readList({ remote, tag, what, signal }: ListWork): Promise<StoredList | undefined> {
  remote.onRequest?.("getManifest");
  const response = await remote.transport.send({
    method: "GET",
    url: formatRoute({ kind: "manifest", repository: remote.path, reference: tag }),
    scopes: pullScopes(remote),
    // A registry that has something else there may refuse to give it as an index: it is to be told apart.
    headers: { accept: `${MEDIA_TYPES.ociIndex}, */*` },
    expected: [200, 404],
    what,
    signal,
  });
  if (response.statusCode === 404) {
    await discard(response);
    return undefined;
  }
  const content = await collectBody(response, { what, maxSize: MAX_MANIFEST_SIZE, signal });
  const list =
    mediaTypeOf(response) === MEDIA_TYPES.ociIndex ? ListDocument.safeParse(parseJson(content)) : undefined;
  const etag = headerOf(response, "etag");
  // A weak one never matches.
  if (list?.success === true)
    return { document: list.data, etag: etag?.startsWith('"') === true ? etag : undefined };
  throw new BundleError("MANIFEST_INVALID", `Cannot ${what}: what is there is no index`, {
    hint: "Somebody has given this tag to something else: remove it in the registry, and import again",
  });
}

/** Where the registry says that the list has changed meanwhile nothing is written: the caller sees it. */
async function writeList(list: StoredList | undefined, referrer: Referrer, work: ListWork): Promise<void> {
  const { remote, tag, what, signal } = work;
  const { mediaType, digest, size, artifactType, annotations } = referrer;
  const entry = {
    mediaType,
    digest,
    size,
    ...(artifactType === undefined ? {} : { artifactType }),
    ...(annotations === undefined ? {} : { annotations }),
  };
  const document = list?.document ?? { schemaVersion: 2, mediaType: MEDIA_TYPES.ociIndex, manifests: [] };
  const content = Buffer.from(JSON.stringify({ ...document, manifests: [...document.manifests, entry] }));
  if (content.length > MAX_MANIFEST_SIZE) {
    throw new BundleError(
      "MANIFEST_INVALID",
      `Cannot ${what}: it would have ${content.length} bytes, registries take ${MAX_MANIFEST_SIZE}`,
    );
  }
  remote.onRequest?.("putManifest");
  const response = await remote.transport.send({
    method: "PUT",
    url: formatRoute({ kind: "manifest", repository: remote.path, reference: tag }),
    scopes: pushScopes(remote),
    headers: {
      "content-type": MEDIA_TYPES.ociIndex,
      "content-length": String(content.length),
      ...(list?.etag === undefined ? {} : { "if-match": list.etag }),
    },
    body: () => content,
    expected: [200, 201, 202, 412],
    what,
    signal,
  });
  await discard(response);
}

function tooBusy({ what }: ListWork): BundleError {
  return new BundleError("UNAVAILABLE", `Cannot ${what}: somebody else changes it at the same time`, {
    hint: "Import again when nobody else pushes to this repository",
  });
}
