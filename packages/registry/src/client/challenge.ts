/** What a registry asks for: {@link https://www.rfc-editor.org/rfc/rfc9110#name-www-authenticate}. */
export interface Challenge {
  /** Lower case. */
  readonly scheme: string;
  /** By name in lower case. */
  readonly parameters: ReadonlyMap<string, string>;
}

const TOKEN = /[!#$%&'*+.^_`|~0-9A-Za-z-]+/y;
const TOKEN68 = /[A-Za-z0-9._~+/-]+=*(?=\s*(?:,|$))/y;
const SEPARATOR = /[\s,]*/y;
const BLANKS = /[ \t]+/y;
const EQUALS = /\s*=\s*/y;
const QUOTED = /"((?:[^"\\]|\\.)*)"/y;

/**
 * Reads every challenge of one or several `WWW-Authenticate` headers; what follows something malformed in a header is
 * left out. Commas may stand inside quotes, as they do in scopes.
 */
export function parseChallenges(headers: string | readonly string[] | undefined): Challenge[] {
  const list = typeof headers === "string" ? [headers] : (headers ?? []);
  return list.flatMap(parseHeader);
}

/** The challenge that can be met: tokens before passwords. A Bearer challenge that names no token server is none. */
export function chooseChallenge(offered: readonly Challenge[]): Challenge | undefined {
  const bearer = offered.find(({ scheme, parameters }) => scheme === "bearer" && parameters.has("realm"));
  return bearer ?? offered.find(({ scheme }) => scheme === "basic");
}

function parseHeader(header: string): Challenge[] {
  const challenges: { scheme: string; parameters: Map<string, string> }[] = [];
  const reader = createReader(header);
  while (!reader.isAtEnd()) {
    reader.take(SEPARATOR);
    const name = reader.take(TOKEN)?.[0];
    if (name === undefined) break;
    const value =
      reader.take(EQUALS) === undefined
        ? undefined
        : (unquote(reader.take(QUOTED)?.[1]) ?? reader.take(TOKEN)?.[0] ?? "");
    const current = challenges.at(-1);
    if (value !== undefined) current?.parameters.set(name.toLowerCase(), value);
    else {
      challenges.push({ scheme: name.toLowerCase(), parameters: new Map() });
      if (reader.take(BLANKS) !== undefined) reader.take(TOKEN68);
    }
  }
  return challenges;
}

function unquote(text: string | undefined): string | undefined {
  return text?.replace(/\\(.)/g, "$1");
}

interface Reader {
  /** The match at the current place, which is then behind it. */
  take(pattern: RegExp): RegExpExecArray | undefined;
  isAtEnd(): boolean;
}

function createReader(text: string): Reader {
  let position = 0;
  return {
    isAtEnd: () => position >= text.length,
    take(pattern) {
      pattern.lastIndex = position;
      const match = pattern.exec(text) ?? undefined;
      if (match !== undefined) position = pattern.lastIndex;
      return match;
    },
  };
}
