/** Deeper than any document of the specifications; a parser's memory grows with every level. */
const MAX_DEPTH = 64;

/** Keys of one object; the largest ones that there are, annotations, have dozens. */
const MAX_KEYS = 10_000;

/** Values in all: enough for the `bundle.json` of a hundred thousand images. An empty object takes 3 bytes here and 50 in memory. */
const MAX_VALUES = 8_000_000;

/**
 * Reads JSON of which nothing can be understood in two ways: UTF-8 without a byte order mark, and no object with one key
 * twice ({@link https://www.rfc-editor.org/rfc/rfc7493#section-2}). Depth and number of values are bounded.
 *
 * @throws SyntaxError for everything else; its message does not quote the text
 */
export function parseJson(content: Uint8Array): unknown {
  const text = decode(content);
  checkShape(text);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new SyntaxError("it is not JSON", { cause });
  }
}

function decode(content: Uint8Array): string {
  try {
    // A byte order mark stays, and then is no JSON.
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(content);
  } catch (cause) {
    throw new SyntaxError("it is not JSON, which is UTF-8", { cause });
  }
}

/** Looks at brackets, commas and keys; whether the text is JSON at all is JSON.parse's to say. */
function checkShape(text: string): void {
  // Of every object that is open the keys so far; of arrays nothing.
  const open: (Set<string> | undefined)[] = [];
  let values = 0;
  let isKeyNext = false;
  for (let at = 0; at < text.length; at++) {
    switch (text[at]) {
      case "{":
      case "[":
        isKeyNext = text[at] === "{";
        open.push(isKeyNext ? new Set() : undefined);
        values += 1;
        break;
      case "}":
      case "]":
        open.pop();
        isKeyNext = false;
        break;
      case ",":
        isKeyNext = open.at(-1) !== undefined;
        values += 1;
        break;
      case '"': {
        const end = endOfString(text, at);
        if (isKeyNext) addKey(open.at(-1), text.slice(at, end + 1));
        isKeyNext = false;
        at = end;
        break;
      }
    }
    if (open.length > MAX_DEPTH) throw new SyntaxError(`it is nested deeper than ${MAX_DEPTH} levels`);
    if (values > MAX_VALUES) throw new SyntaxError(`it has more than ${MAX_VALUES} values`);
  }
}

/** Index of the quote that ends the string. */
function endOfString(text: string, start: number): number {
  let end = start;
  do {
    end = text.indexOf('"', end + 1);
    if (end < 0) throw new SyntaxError("it is not JSON");
  } while (isEscaped(text, end));
  return end;
}

/** Does an odd number of backslashes stand before it? */
function isEscaped(text: string, at: number): boolean {
  let before = at;
  while (text[before - 1] === "\\") before--;
  return (at - before) % 2 === 1;
}

function addKey(keys: Set<string> | undefined, quoted: string): void {
  if (keys === undefined) return;
  const key = unquote(quoted);
  if (keys.has(key)) throw new SyntaxError("an object in it has one key twice");
  keys.add(key);
  if (keys.size > MAX_KEYS) throw new SyntaxError(`an object in it has more than ${MAX_KEYS} keys`);
}

/** `\u0064igest` is `digest`. */
function unquote(quoted: string): string {
  if (!quoted.includes("\\")) return quoted.slice(1, -1);
  try {
    return String(JSON.parse(quoted));
  } catch (cause) {
    throw new SyntaxError("it is not JSON", { cause });
  }
}
