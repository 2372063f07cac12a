import { createHash, randomUUID } from "node:crypto";
import { MANIFEST_TYPES } from "@airgap-bundle/core";
import { expect } from "vitest";
import { z } from "zod";
import type { Made, MadeManifest } from "../support/images.ts";

/** One statement of the spec, put to a registry. */
export interface ConformanceCase {
  /** The spec's sentence, or its case in short. */
  readonly name: string;
  run(talk: Talk): Promise<void>;
}

/** A conversation with a registry about repositories that are new to it, over HTTP alone. */
export interface Talk {
  readonly repository: string;
  /** A second one. */
  readonly otherRepository: string;
  /** Sends a request to a path of the repository (`blobs/…`), of the registry (`/v2/…`) or to a `Location`. */
  send(method: string, path: string, init?: RequestInit): Promise<Response>;
}

/** {@link https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#error-codes} */
const ErrorDocument = z.object({ errors: z.array(z.object({ code: z.string() })).min(1) });

/** docker-registry hides manifests from who does not ask for their type. */
const ACCEPT = { accept: MANIFEST_TYPES.join(", ") };

/** A media type that says nothing. */
export const OCTET_STREAM: Readonly<Record<string, string>> = { "content-type": "application/octet-stream" };

/** Starts a conversation with the registry at an URL such as `http://127.0.0.1:5000`. */
export function openTalk(url: string): Talk {
  const name = `conformance/${randomUUID()}`;
  const repository = `${name}/a`;
  return {
    repository,
    otherRepository: `${name}/b`,
    send: async (method, path, init = {}) =>
      await fetch(new URL(path, `${url}/v2/${repository}/`), { method, headers: ACCEPT, ...init }),
  };
}

/** The digest of content by an algorithm. */
export function digestBy(algorithm: string, content: Uint8Array): string {
  return `${algorithm}:${createHash(algorithm).update(content).digest("hex")}`;
}

/** Where an answer leads. @throws if it leads nowhere */
export function locationOf(response: Response): string {
  const location = response.headers.get("location") ?? "";
  expect(location).not.toBe("");
  // Relative to the registry, not to the repository.
  return new URL(location, response.url).href;
}

/** A location with one more query parameter. */
function withParameter(location: string, name: string, value: string): string {
  const url = new URL(location);
  url.searchParams.append(name, value);
  return url.href;
}

/** Bytes as the body of a request; fetch takes no others. */
export function bodyOf(content: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(content);
}

/** Opens an upload session and returns its location. */
export async function startUpload(talk: Talk): Promise<string> {
  const response = await talk.send("POST", "blobs/uploads/");
  expect(response.status).toBe(202);
  return locationOf(response);
}

/** Ends a session with what is left of its content. */
export async function finishUpload(
  talk: Talk,
  location: string,
  { digest, content = Buffer.alloc(0), range }: Ending,
): Promise<Response> {
  const headers = range === undefined ? OCTET_STREAM : { ...OCTET_STREAM, "content-range": range };
  return await talk.send("PUT", withParameter(location, "digest", digest), {
    headers,
    body: bodyOf(content),
  });
}

/** How an upload session is to end. */
export interface Ending {
  readonly digest: string;
  readonly content?: Uint8Array;
  /** `FIRST-LAST`, of the content. */
  readonly range?: string;
}

/** Pushes a blob with POST and PUT. */
export async function pushBlob(talk: Talk, content: Uint8Array, algorithm = "sha256"): Promise<string> {
  const digest = digestBy(algorithm, content);
  const response = await finishUpload(talk, await startUpload(talk), { digest, content });
  expect(response.status).toBe(201);
  return digest;
}

/** Sends a manifest. */
export async function putManifest(talk: Talk, made: Made, reference: string): Promise<Response> {
  return await talk.send("PUT", `manifests/${reference}`, {
    headers: { "content-type": made.descriptor.mediaType },
    body: bodyOf(made.content),
  });
}

/** Pushes a manifest under its digest, after all that it names. */
export async function pushAll(talk: Talk, root: MadeManifest): Promise<void> {
  for (const child of root.children) await pushAll(talk, child);
  for (const { content } of root.blobs) await pushBlob(talk, content);
  const response = await putManifest(talk, root, root.descriptor.digest);
  expect(response.status, await response.text()).toBe(201);
}

/** Expects that a path gives this content. */
export async function expectContent(talk: Talk, path: string, content: Uint8Array): Promise<Response> {
  const response = await talk.send("GET", path);
  expect(response.status).toBe(200);
  expect(response.headers.get("content-length")).toBe(`${content.length}`);
  expect(Buffer.from(await response.arrayBuffer()).equals(content)).toBe(true);
  return response;
}

/** Expects that neither GET nor HEAD finds anything. */
export async function expectAbsent(talk: Talk, path: string): Promise<void> {
  for (const method of ["GET", "HEAD"]) {
    const response = await talk.send(method, path);
    expect(response.status).toBe(404);
  }
}

/** Expects one of these statuses and the spec's error document with one of these codes. */
export async function expectRefusal(
  response: Response,
  statuses: readonly number[],
  codes: readonly string[],
): Promise<void> {
  expect(statuses).toContain(response.status);
  const document: unknown = await response.json();
  const { errors } = ErrorDocument.parse(document);
  expect(errors.map(({ code }) => code)).toContainEqual(expect.toBeOneOf(codes));
}
