/** Real documents have less than ten levels; programs that walk deeper ones run out of stack. */
const MAX_DEPTH = 64;

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

function checkStructure(text: string): void {
  // The keys of each object that is open; null for an array.
  const open: (Set<string> | null)[] = [];
  let string = "";
  for (const { token, start, end } of listTokens(text)) {
    if (token === "{") open.push(new Set());
    else if (token === "[") open.push(null);
    else if (token === "}" || token === "]") open.pop();
    else if (token === '"') string = text.slice(start, end);
    else addKey(open.at(-1), String(parse(string)));
    if (open.length > MAX_DEPTH) throw new SyntaxError(`it is nested more than ${MAX_DEPTH} levels deep`);
  }
}

function addKey(keys: Set<string> | null | undefined, key: string): void {
  const folded = key.toLowerCase();
  const name = FIELDS.has(folded) ? folded : key;
  if (keys?.has(name) === true)
    throw new SyntaxError(`it has two keys ${JSON.stringify(key.slice(0, MAX_KEY_LENGTH))} in one object`);
  keys?.add(name);
}

interface Token {
  /** A bracket, a colon, or the quote of a string. */
  readonly token: string;
  readonly start: number;
  readonly end: number;
}

/** What structures a document; numbers, words and commas are passed over. */
function* listTokens(text: string): Generator<Token> {
  for (let start = 0; start < text.length; start++) {
    const token = text.charAt(start);
    if (token === '"') {
      const end = endOfString(text, start);
      yield { token, start, end };
      start = end - 1;
    } else if ("{}[]:".includes(token)) yield { token, start, end: start + 1 };
  }
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
