import { createHash } from "node:crypto";
import type { Descriptor } from "@airgap-bundle/core";

/** Sends a blob while its digest is being computed. Resolves to what describes it. */
export async function pushBlob(
  repositoryUrl: string,
  mediaType: string,
  content: AsyncIterable<Uint8Array>,
): Promise<Descriptor> {
  const hash = createHash("sha256");
  let size = 0;
  const counted = async function* (): AsyncGenerator<Uint8Array> {
    for await (const chunk of content) {
      hash.update(chunk);
      size += chunk.length;
      yield chunk;
    }
  };
  const session = await locate(`${repositoryUrl}/blobs/uploads/`, { method: "POST" });
  const sent = await locate(session, {
    method: "PATCH",
    headers: { "content-type": "application/octet-stream" },
    body: counted(),
    duplex: "half",
  });
  const digest = `sha256:${hash.digest("hex")}`;
  const end = new URL(sent);
  end.searchParams.set("digest", digest);
  await send(end.href, { method: "PUT" });
  return { mediaType, digest, size };
}

/** Makes a blob of another repository one of this repository, too. */
export async function mountBlob(repositoryUrl: string, digest: string, from: string): Promise<void> {
  const query = new URLSearchParams({ mount: digest, from });
  await send(`${repositoryUrl}/blobs/uploads/?${query}`, { method: "POST" });
}

/** Sends a manifest under a tag or its digest. */
export async function pushManifest(
  repositoryUrl: string,
  reference: string,
  { mediaType, content }: { readonly mediaType: string; readonly content: string },
): Promise<void> {
  await send(`${repositoryUrl}/manifests/${reference}`, {
    method: "PUT",
    headers: { "content-type": mediaType },
    body: content,
  });
}

async function locate(url: string, request: RequestInit): Promise<string> {
  const response = await send(url, request);
  return new URL(response.headers.get("location") ?? "", url).href;
}

async function send(url: string, request: RequestInit): Promise<Response> {
  const response = await fetch(url, request);
  const body = await response.text();
  if (!response.ok)
    throw new Error(`Cannot fill the registry: ${request.method} ${url}: ${response.status} ${body}`);
  return response;
}
