/** What JSON.stringify leaves as it is although a terminal would obey it or would not show it. */
const UNSAFE = /[\u007f-\u009f\p{Cf}\p{Zl}\p{Zp}]/gu;

/** The document that `--json` prints: two blanks of indentation, nothing in it that could steer a terminal. */
export function stringifyJson(document: unknown): string {
  return JSON.stringify(document, null, 2).replace(UNSAFE, escapeCharacter);
}

/** Such characters stand only inside strings, where `\uXXXX` means the same to every reader. */
function escapeCharacter(character: string): string {
  let escaped = "";
  for (let index = 0; index < character.length; index++) {
    escaped += `\\u${character.charCodeAt(index).toString(16).padStart(4, "0")}`;
  }
  return escaped;
}
