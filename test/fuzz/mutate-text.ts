import type { Random } from "./random.ts";

/** Text and what was done to it. */
export interface MutatedText {
  readonly kind: string;
  readonly text: string;
}

/** What means something in YAML, in tag filters, in regular expressions and to terminals. */
const PIECES = [
  "&a ",
  "*a",
  "<<: *a",
  "<<: [*a, *a]",
  "? ",
  ": ",
  "- ",
  "--- ",
  "...\n",
  "|\n  ",
  ">-\n  ",
  "!!binary ",
  "!<tag:x> ",
  "%YAML 1.1\n",
  "# ",
  "\t",
  "\r\n",
  "\u0000",
  "\u0085",
  "\u2028",
  "\ufeff",
  "\u001b]52;c;x\u0007",
  "\u202e",
  "\ud800",
  "'",
  '"',
  '"\\x"',
  '"\\u{1}"',
  "{",
  "}",
  "[",
  "]",
  ",",
  "`",
  "@",
  "~",
  "null",
  "true",
  "0x7fffffffffffffffffff",
  "1e999",
  "-1",
  "1h1h1h",
  "$" + "{TOKEN}",
  "{Token}",
  "semver: ",
  "regex: ",
  "keep: latest 99999999999999999999",
  "keep: ",
  "(((((",
  "(a*)*{1000}",
  "^.*$|",
  "[^-",
  ">=1.0.0 <2.0.0 || ",
  "@sha256:",
  "__proto__: ",
  "constructor: ",
  "toString",
  "../../../",
];

/** Does one thing to a text, or a few. */
export function mutateText(random: Random, original: string): MutatedText {
  let text = original;
  const kinds = new Set<string>();
  for (let left = random.oneIn(2) ? 1 : 1 + random.below(6); left > 0; left--) {
    const mutated = mutateOnce(random, text);
    kinds.add(mutated.kind);
    text = mutated.text;
  }
  return { kind: [...kinds].sort().slice(0, 2).join(" + "), text };
}

function mutateOnce(random: Random, text: string): MutatedText {
  const at = random.below(text.length + 1);
  const end = Math.min(text.length, at + random.below(random.pick([2, 8, 40, 400])));
  const [before, cut, after] = [text.slice(0, at), text.slice(at, end), text.slice(end)];
  switch (random.below(9)) {
    case 0:
      return { kind: "piece", text: `${before}${random.pick(PIECES)}${text.slice(at)}` };
    case 1:
      return { kind: "piece instead", text: `${before}${random.pick(PIECES)}${after}` };
    case 2:
      return { kind: "cut out", text: `${before}${after}` };
    case 3:
      return { kind: "repeated", text: `${before}${cut.repeat(1 + random.below(20))}${after}` };
    case 4:
      return { kind: "lines", text: moveLine(random, text) };
    case 5:
      return {
        kind: "character",
        text: `${before}${String.fromCharCode(random.below(0x250))}${text.slice(at + 1)}`,
      };
    case 6:
      return { kind: "truncated", text: before };
    case 7:
      return { kind: "value", text: changeValue(random, text) };
    default:
      return { kind: "bomb", text: makeBomb(random, text) };
  }
}

function moveLine(random: Random, text: string): string {
  const lines = text.split("\n");
  const line = random.pick(lines);
  const indented = random.pick([line, ` ${line}`, line.trimStart(), `  ${line}`, line.replace(":", "")]);
  lines.splice(random.below(lines.length), random.below(2), indented);
  return lines.join("\n");
}

/** Puts something else behind the colon of a line. */
function changeValue(random: Random, text: string): string {
  const lines = text.split("\n");
  const index = random.below(lines.length);
  const value = random.pick([
    ...PIECES,
    "[]",
    "{}",
    "",
    "&a x",
    "[1, [2, [3]]]",
    "{a: {b: c}}",
    "x".repeat(3000),
  ]);
  lines[index] = (lines[index] ?? "").replace(/:.*$/, () => `: ${value}`);
  return lines.join("\n");
}

/** What grows when it is read. */
function makeBomb(random: Random, text: string): string {
  const depth = 1 + random.below(random.pick([10, 10, 10, 10, 10, 100, 100, 3000]));
  switch (random.below(6)) {
    case 0:
      return `${text}\nx: ${"[".repeat(depth)}`;
    case 1:
      return `x: ${"{a: ".repeat(depth)}1${"}".repeat(depth)}\n${text}`;
    case 2:
      return `${makeAliases(Math.min(depth, 40), (name) => `[*${name}, *${name}, *${name}]`)}${text}`;
    case 3:
      return `${makeAliases(Math.min(depth, 40), (name) => `{<<: [*${name}, *${name}], k${name}: 1}`)}${text}`;
    case 4:
      return `${text}${"\n---\nx: 1".repeat(depth)}`;
    default:
      return `${text}\n${"- ".repeat(depth)}x`;
  }
}

function makeAliases(depth: number, refer: (name: string) => string): string {
  const lines = Array.from(
    { length: depth },
    (_, i) => `x${i}: &a${i} ${i === 0 ? "{k: 1}" : refer(`a${i - 1}`)}\n`,
  );
  return lines.join("");
}
