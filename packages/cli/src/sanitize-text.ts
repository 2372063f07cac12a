/** Control characters (ANSI and OSC sequences begin with one), bidi controls and other invisible ones, line separators, halves of pairs. */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/**
 * The text in one line that cannot steer a terminal: what is unsafe is shown as `\n`, `\t` or `\u{1b}`. For every text
 * that may come from a registry, a bundle or a file.
 */
export function sanitizeText(text: string): string {
  return text.replace(UNSAFE, escapeCharacter);
}

function escapeCharacter(character: string): string {
  if (character === "\n") return "\\n";
  if (character === "\t") return "\\t";
  return `\\u{${character.codePointAt(0)?.toString(16) ?? ""}}`;
}
