import { digestOf } from "@airgap-bundle/core";
import { encodeTarHeader, roundUpToBlock, TAR_END_SIZE } from "../../packages/core/src/bundle/tar-header.ts";
import type { Json, JsonObject } from "./mutate-json.ts";

/** One file of a volume as bytes: header, content, padding. */
export interface RawEntry {
  header: Buffer;
  content: Buffer;
}

/** The files of a bundle, in order, as entries of a tar. */
export function toEntries(files: ReadonlyMap<string, Buffer>): RawEntry[] {
  return [...files].map(([name, content]) => ({ header: encodeTarHeader(name, content.length), content }));
}

/** The bytes of a tar file with these entries. */
export function joinEntries(entries: readonly RawEntry[]): Buffer {
  const padded = entries.flatMap(({ header, content }) => [
    header,
    content,
    Buffer.alloc(roundUpToBlock(content.length) - content.length),
  ]);
  return Buffer.concat([...padded, Buffer.alloc(TAR_END_SIZE)]);
}

/**
 * Puts another content into a file and corrects everything that depends on it, as a forger would: digests and sizes in
 * manifests, in `index.json` and in `bundle.json`, up to the id in `volume.json`.
 */
export function replaceFile(files: Map<string, Buffer>, name: string, content: Buffer): void {
  const [, algorithm, hex] = name.split("/");
  if (hex === undefined) files.set(name, content);
  else replaceBlob(files, `${algorithm}:${hex}`, content, 0);
  relinkFile(files, "index.json", "index");
  relinkFile(files, "manifest.json", "dockerManifest");
  const id = digestOf(files.get("bundle.json") ?? "");
  files.set("volume.json", Buffer.from(JSON.stringify({ bundle: id, volume: 1, count: 1 })));
}

/** Only sha256 is computed: what becomes of the sha512 blob is a sha256 blob. */
function replaceBlob(files: Map<string, Buffer>, digest: string, content: Buffer, depth: number): void {
  const replaced = digestOf(content);
  rename(files, blobPath(digest), blobPath(replaced), content);
  for (const [name, text] of [...files]) {
    const document = parse(text);
    if (document === undefined || name === blobPath(replaced)) continue;
    if (!relink(document, digest, replaced, content.length)) continue;
    const changed = Buffer.from(JSON.stringify(document));
    const [, algorithm, hex] = name.split("/");
    if (hex === undefined) files.set(name, changed);
    else if (depth < 10) replaceBlob(files, `${algorithm}:${hex}`, changed, depth + 1);
  }
}

/** `bundle.json` names `index.json` and `manifest.json` in fields of its own. */
function relinkFile(files: Map<string, Buffer>, name: string, key: string): void {
  const content = files.get(name);
  const document = parse(files.get("bundle.json"));
  if (content === undefined || document === undefined || Array.isArray(document)) return;
  const descriptor = document[key];
  if (typeof descriptor !== "object" || descriptor === null || Array.isArray(descriptor)) return;
  if (descriptor["digest"] === digestOf(content) && descriptor["size"] === content.length) return;
  descriptor["digest"] = digestOf(content);
  descriptor["size"] = content.length;
  files.set("bundle.json", Buffer.from(JSON.stringify(document)));
}

/** Did anything in the document name the digest? */
function relink(value: Json, from: string, to: string, size: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  let isChanged = false;
  for (const key of Object.keys(value)) {
    const held = (value as JsonObject)[key] ?? null;
    if (held === from) {
      (value as JsonObject)[key] = to;
      if (key === "digest") (value as JsonObject)["size"] = size;
      isChanged = true;
    } else if (relink(held, from, to, size)) isChanged = true;
  }
  return isChanged;
}

/** Keeps the order of the files. */
function rename(files: Map<string, Buffer>, from: string, to: string, content: Buffer): void {
  const renamed = [...files].map(([name, held]): [string, Buffer] =>
    name === from ? [to, content] : [name, held],
  );
  files.clear();
  for (const [name, held] of renamed) files.set(name, held);
}

function blobPath(digest: string): string {
  return `blobs/${digest.replace(":", "/")}`;
}

function parse(content: Buffer | undefined): Json[] | JsonObject | undefined {
  if (content === undefined || (content[0] !== 0x7b && content[0] !== 0x5b)) return undefined;
  try {
    const document: unknown = JSON.parse(content.toString());
    return document as Json[] | JsonObject;
  } catch {
    return undefined;
  }
}
