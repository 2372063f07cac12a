/** Real documents have less than ten levels; programs that walk deeper ones run out of stack. */
const MAX_DEPTH = 64;

/** Values in all: the `bundle.json` of a hundred thousand images. An empty list takes 3 bytes in a file and 50 in memory. */
const MAX_VALUES = 8_000_000;

/** Keys of one object: with more than this the parser takes half a minute for what a file of 64 MiB can hold. */
const MAX_KEYS = 2_000_000;

const [QUOTE, COMMA, COLON, OPEN_BRACKET, CLOSE_BRACKET, OPEN_BRACE, CLOSE_BRACE] = [
  0x22, 0x2c, 0x3a, 0x5b, 0x5d, 0x7b, 0x7d,
] as const;

/** Keys with a meaning in manifests, by what programs written in Go take for them. */
const FIELDS: ReadonlyMap<string, string> = new Map(
  [
    "schemaVersion",
    "mediaType",
    "artifactType",
    "subject",
    "manifests",
    "config",
    "layers",
    "digest",
    "size",
    "platform",
    "annotations",
  ].map((field) => [foldAsGo(field), field]),
);
/** In its object keys are free: Go folds those of structures, not those of maps. */
const ANNOTATIONS = "annotations";

/** More of a key helps nobody. */
const MAX_KEY_LENGTH = 80;

/**
 * Reads JSON of which everybody has the same idea: strict UTF-8 without a byte order mark, not nested without measure,
 * without an object that names a key twice, as readers differ in which one they take:
 * {@link https://www.rfc-editor.org/rfc/rfc7493#section-2.3}, and without a key that only some take for a field of
 * manifests, such as `Layers`.
 *
 * @throws `SyntaxError` whose message says what is the case
 */
export function parseStrictJson(content: Uint8Array): unknown {
  const text = decode(content);
  checkStructure(text);
  return parse(text);
}

function decode(content: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(content);
  } catch (cause) {
    throw new SyntaxError("it is not JSON: it is not UTF-8", { cause });
  }
}

/** The parser's own words quote the document. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw new SyntaxError("it is not JSON", { cause });
  }
}

/** An object whose end is not there yet. */
interface OpenObject {
  readonly keys: Set<string>;
  readonly isMap: boolean;
}

/** What structures a document; numbers, words and whether it is JSON at all are the parser's to judge. */
function checkStructure(text: string): void {
  // Null for an array.
  const open: (OpenObject | null)[] = [];
  let values = 0;
  let string = "";
  // Of the value that comes next; empty if it has none.
  let key = "";
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case QUOTE: {
        const end = endOfString(text, at);
        string = text.slice(at, end);
        at = end - 1;
        break;
      }
      case COLON:
        key = addKey(open.at(-1), string);
        break;
      case OPEN_BRACE:
      case OPEN_BRACKET:
        open.push(text.charCodeAt(at) === OPEN_BRACE ? openObject(key) : null);
        key = "";
        if (open.length > MAX_DEPTH) throw new SyntaxError(`it is nested more than ${MAX_DEPTH} levels deep`);
        values += 1;
        break;
      case CLOSE_BRACE:
      case CLOSE_BRACKET:
        open.pop();
        break;
      case COMMA:
        key = "";
        values += 1;
        if (values > MAX_VALUES) throw new SyntaxError(`it has more than ${MAX_VALUES} values`);
    }
  }
}

function openObject(key: string): OpenObject {
  return { keys: new Set(), isMap: key === ANNOTATIONS };
}

/** Gives the key as it is meant. */
function addKey(object: OpenObject | null | undefined, quoted: string): string {
  if (object === null || object === undefined) return "";
  const { keys, isMap } = object;
  const key = quoted.includes("\\") ? String(parse(quoted)) : quoted.slice(1, -1);
  const field = isMap ? undefined : FIELDS.get(foldAsGo(key));
  if (field !== undefined && field !== key)
    throw new SyntaxError(`it has a key ${JSON.stringify(key)}, which some read as "${field}"`);
  if (keys.has(key))
    throw new SyntaxError(`it has two keys ${JSON.stringify(key.slice(0, MAX_KEY_LENGTH))} in one object`);
  keys.add(key);
  if (keys.size > MAX_KEYS) throw new SyntaxError(`an object in it has more than ${MAX_KEYS} keys`);
  return key;
}

/** One text for all that Go takes for the same key: beside upper case the long s (the Kelvin sign is lowered to k). */
function foldAsGo(key: string): string {
  return key.toLowerCase().replaceAll("\u017f", "s");
}

/** Behind the closing quote. */
function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (end >= 0 && countBackslashes(text, end) % 2 === 1) end = text.indexOf('"', end + 1);
  return end < 0 ? text.length : end + 1;
}

function countBackslashes(text: string, end: number): number {
  let start = end;
  while (text.charAt(start - 1) === "\\") start -= 1;
  return end - start;
}
