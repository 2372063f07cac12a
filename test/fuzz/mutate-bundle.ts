import { mutateBytes } from "./mutate-bytes.ts";
import { mutateEntries } from "./mutate-entries.ts";
import type { Json } from "./mutate-json.ts";
import { mutateJson } from "./mutate-json.ts";
import type { OriginalBundle } from "./original-bundle.ts";
import type { Random } from "./random.ts";
import { joinEntries, replaceFile, toEntries } from "./rebuild-bundle.ts";

/** A bundle that somebody tampered with. */
export interface MutatedBundle {
  /** What was done. */
  readonly kind: string;
  readonly content: Buffer;
}

/** Does one thing to a bundle, or in one of five cases several. */
export function mutateBundle(random: Random, original: OriginalBundle): MutatedBundle {
  const kinds: string[] = [];
  const isWanted = (): boolean => random.oneIn(5);
  const files = new Map(original.files);
  const first = random.below(5);
  if (first < 2 || isWanted()) kinds.push(mutateDocument(random, files));
  const entries = toEntries(files);
  if (first === 2 || first === 3 || isWanted()) kinds.push(mutateEntries(random, entries));
  let content = joinEntries(entries);
  if (first === 4) {
    const mutated = mutateBytes(random, content);
    content = mutated.content;
    kinds.push(mutated.kind);
  }
  return { kind: kinds.join(" + "), content };
}

/** Changes a JSON document; its digest is corrected everywhere, or, in one of eight cases, nowhere. */
function mutateDocument(random: Random, files: Map<string, Buffer>): string {
  const names = [...files].flatMap(([name, content]) =>
    content[0] === 0x7b || content[0] === 0x5b ? [name] : [],
  );
  const name = random.oneIn(2) ? "bundle.json" : random.pick(names);
  const document = JSON.parse(files.get(name)?.toString() ?? "null") as Json;
  const text = mutateText(random, JSON.stringify(mutateJson(random, document)));
  const about = name.startsWith("blobs/") ? "metadata" : name;
  if (random.oneIn(8)) {
    files.set(name, text);
    return `${about} alone`;
  }
  replaceFile(files, name, text);
  return `${about} relinked`;
}

/** Mostly leaves the text; else does what a JSON value cannot show. */
function mutateText(random: Random, text: string): Buffer {
  switch (random.below(24)) {
    case 0:
      return Buffer.from(`\ufeff${text}`);
    case 1:
      return Buffer.from(` ${text}\n`);
    case 2:
      return Buffer.from(text.replace("{", '{"digest":"x","digest":"y",'));
    case 3:
      return Buffer.from("[".repeat(1 + random.below(50_000)));
    case 4:
      return Buffer.from(
        text.replace(/[a-z]/g, (letter) => (random.oneIn(50) ? "\u{d800}" : letter)),
        "utf16le",
      );
    case 5:
      return Buffer.concat([Buffer.from(text.slice(0, -2)), Buffer.of(0xff), Buffer.from(text.slice(-2))]);
    default:
      return Buffer.from(text);
  }
}
