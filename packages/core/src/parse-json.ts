/** Real documents have less than ten levels; programs that walk deeper ones run out of stack. */
const MAX_DEPTH = 64;

/** Values in all: the `bundle.json` of a hundred thousand images. An empty list takes 3 bytes in a file and 50 in memory. */
const MAX_VALUES = 8_000_000;

/** Keys of one object: with more than this the parser takes half a minute for what a file of 64 MiB can hold. */
const MAX_KEYS = 2_000_000;

const [QUOTE, COMMA, COLON, OPEN_BRACKET, CLOSE_BRACKET, OPEN_BRACE, CLOSE_BRACE] = [
  0x22, 0x2c, 0x3a, 0x5b, 0x5d, 0x7b, 0x7d,
] as const;

/** Keys with a meaning in manifests, in lower case: programs written in Go take them in any. */
const FIELDS: ReadonlySet<string> = new Set([
  "schemaversion",
  "mediatype",
  "artifacttype",
  "subject",
  "manifests",
  "config",
  "layers",
  "digest",
  "size",
  "platform",
]);

/** More of a key helps nobody. */
const MAX_KEY_LENGTH = 80;

/**
 * Reads JSON of which everybody has the same idea: strict UTF-8 without a byte order mark, not nested without measure,
 * and without an object that names a key twice, as readers differ in which one they take:
 * {@link https://www.rfc-editor.org/rfc/rfc7493#section-2.3}.
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

/** What structures a document; numbers, words and whether it is JSON at all are the parser's to judge. */
function checkStructure(text: string): void {
  // The keys of each object that is open; null for an array.
  const open: (Set<string> | null)[] = [];
  let values = 0;
  let string = "";
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case QUOTE: {
        const end = endOfString(text, at);
        string = text.slice(at, end);
        at = end - 1;
        break;
      }
      case COLON:
        addKey(open.at(-1), string);
        break;
      case OPEN_BRACE:
      case OPEN_BRACKET:
        open.push(text.charCodeAt(at) === OPEN_BRACE ? new Set() : null);
        if (open.length > MAX_DEPTH) throw new SyntaxError(`it is nested more than ${MAX_DEPTH} levels deep`);
        values += 1;
        break;
      case CLOSE_BRACE:
      case CLOSE_BRACKET:
        open.pop();
        break;
      case COMMA:
        values += 1;
        if (values > MAX_VALUES) throw new SyntaxError(`it has more than ${MAX_VALUES} values`);
    }
  }
}

function addKey(keys: Set<string> | null | undefined, quoted: string): void {
  if (keys === null || keys === undefined) return;
  const key = quoted.includes("\\") ? String(parse(quoted)) : quoted.slice(1, -1);
  const folded = key.toLowerCase();
  const name = FIELDS.has(folded) ? folded : key;
  if (keys.has(name))
    throw new SyntaxError(`it has two keys ${JSON.stringify(key.slice(0, MAX_KEY_LENGTH))} in one object`);
  keys.add(name);
  if (keys.size > MAX_KEYS) throw new SyntaxError(`an object in it has more than ${MAX_KEYS} keys`);
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
