import {
  type AbortOptions,
  BundleError,
  isDigest,
  MAX_MANIFEST_SIZE,
  type Referrer,
} from "@airgap-bundle/core";
import * as z from "zod";
import { formatRoute } from "../routes.ts";
import { collectBody } from "./body.ts";
import { nextPageOf } from "./next-page.ts";
import { parseJson } from "./read-json.ts";
import { nameOf, pullScopes, type Remote } from "./remote.ts";
import { discard } from "./response.ts";

/** A list of referrers that does not end by then never will. */
const MAX_PAGES = 100;

/** Referrers of one manifest that are listed: real ones have a handful. */
const MAX_REFERRERS = 10_000;

/** A registry that is out of order for referrers alone must not cost each run minutes. */
const ATTEMPTS = 3;

/** What registries without the API answer: most 404, and each of the others somewhere. */
const ABSENT = [400, 404, 405, 406, 410, 501];
/** Those of them that speak of the API, and not perhaps of one repository. */
const ABSENT_FOR_ALL: ReadonlySet<number> = new Set([404, 405, 501]);

const ReferrerDocument = z.object({
  mediaType: z.string().max(255),
  digest: z.string().refine(isDigest),
  size: z.int().nonnegative(),
  artifactType: z.string().exactOptional(),
  annotations: z.record(z.string(), z.string()).exactOptional(),
});

const ReferrersDocument = z.object({ manifests: z.array(ReferrerDocument) });

/**
 * What the referrers API knows of a manifest, each once:
 * {@link https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#listing-referrers}. The first question
 * to a repository tells whether it has the API; if not neither it nor its siblings are asked again. One that fails to answer
 * is not asked again either.
 *
 * @throws `UNSUPPORTED` if it has no such API; what the first question failed with
 */
export async function listReferrers(
  remote: Remote,
  digest: string,
  { signal }: AbortOptions,
): Promise<readonly Referrer[]> {
  const found = new Map<string, Referrer>();
  let answer = await askFirst(remote, digest, signal);
  for (let page = 1; ; page++) {
    const before = found.size;
    for (const referrer of readReferrers(remote, digest, answer.document))
      found.set(referrer.digest, referrer);
    if (found.size > MAX_REFERRERS || page > MAX_PAGES) throw tooMany(remote, digest);
    if (answer.next === undefined) break;
    // A registry that ignores the link's place would go round for ever.
    if (found.size === before) {
      warnIncomplete(remote, digest, page);
      break;
    }
    answer = given(remote, await ask(remote, answer.next, signal));
  }
  return [...found.values()];
}

/** What is wrong with one manifest's list says nothing of the repository: only whether there is an answer is kept. */
async function askFirst(
  remote: Remote,
  digest: string,
  signal: AbortSignal | undefined,
): Promise<ReferrersAnswer> {
  const { referrerProbes, referrerApis } = remote.memory;
  const url = formatRoute({ kind: "referrers", repository: remote.path, digest });
  const siblings = parentOf(remote.path);
  const sibling = referrerApis.get(siblings);
  if (sibling !== undefined && (await sibling) === "absent")
    throw noApi(whatOf(remote), "as another repository beside it has said");
  const probe = referrerProbes.get(remote.path);
  if (probe !== undefined) {
    await probe;
    return given(remote, await ask(remote, url, signal));
  }
  const asked = ask(remote, url, signal);
  if (sibling === undefined) referrerApis.set(siblings, learnApi(asked));
  const first = asked.then((answer) => given(remote, answer));
  referrerProbes.set(remote.path, first);
  try {
    const answer = await first;
    referrerProbes.set(remote.path, Promise.resolve());
    return answer;
  } catch (error) {
    if (signal?.aborted === true) referrerProbes.delete(remote.path);
    throw error;
  }
}

/** What a repository failed with says nothing of its siblings. */
async function learnApi(asked: Promise<ReferrersAnswer | NoApi>): Promise<"present" | "absent" | "unknown"> {
  try {
    const answer = await asked;
    if ("document" in answer) return "present";
    return answer.isForAll ? "absent" : "unknown";
  } catch {
    return "unknown";
  }
}

/** What stands before the last slash: one host may be several registries, by the beginning of the path. */
function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/") + 1);
}

/** A page of a list that the API gave. */
interface ReferrersAnswer {
  readonly document: object;
  readonly next: string | undefined;
}

/** There is none. */
interface NoApi {
  readonly reason: string;
  /** Is there none for the repositories beside this one either? */
  readonly isForAll: boolean;
}

/** @throws `UNSUPPORTED` if there is no API */
function given(remote: Remote, answer: ReferrersAnswer | NoApi): ReferrersAnswer {
  if ("document" in answer) return answer;
  throw noApi(whatOf(remote), answer.reason);
}

async function ask(
  remote: Remote,
  url: string,
  signal: AbortSignal | undefined,
): Promise<ReferrersAnswer | NoApi> {
  const what = whatOf(remote);
  remote.onRequest?.("listReferrers");
  const response = await remote.transport.send({
    method: "GET",
    url,
    scopes: pullScopes(remote),
    expected: [200, ...ABSENT],
    what,
    attempts: ATTEMPTS,
    signal,
  });
  if (response.statusCode !== 200) {
    const { statusCode } = response;
    await discard(response);
    return { reason: `it answers ${statusCode}`, isForAll: ABSENT_FOR_ALL.has(statusCode) };
  }
  const document = parseJson(await collectBody(response, { what, maxSize: MAX_MANIFEST_SIZE, signal }));
  // A page for people, which some answer to whatever they do not know.
  if (typeof document !== "object" || document === null || !("manifests" in document))
    return { reason: "what it answers is no index", isForAll: false };
  return { document, next: await nextPageOf(response, url, remote) };
}

function whatOf(remote: Remote): string {
  return `look for referrers in ${nameOf(remote)}`;
}

function readReferrers(remote: Remote, digest: string, document: object): readonly Referrer[] {
  const list = ReferrersDocument.safeParse(document);
  if (list.success) return list.data.manifests;
  throw new BundleError(
    "REGISTRY_FAILED",
    `Cannot list the referrers of ${digest} in ${nameOf(remote)}: the answer is not a list of referrers`,
  );
}

function warnIncomplete(remote: Remote, digest: string, page: number): void {
  remote.warn(
    "REFERRERS_UNKNOWN",
    `The list of the referrers of ${digest} in ${nameOf(remote)} may be incomplete: page ${page} holds nothing new and yet names a further page`,
  );
}

function tooMany(remote: Remote, digest: string): BundleError {
  return new BundleError(
    "SIZE_INVALID",
    `Cannot list the referrers of ${digest} in ${nameOf(remote)}: there are more than ${MAX_REFERRERS}, or more than ${MAX_PAGES} pages of them`,
  );
}

function noApi(what: string, why: string): BundleError {
  return new BundleError("UNSUPPORTED", `Cannot ${what}: it has no API for that, ${why}`);
}
