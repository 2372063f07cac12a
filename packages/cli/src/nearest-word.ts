/** More changes than these make another word, not a mistyped one. */
const MAX_CHANGES = 2;

/** The candidate that a mistyped word most likely meant; undefined if none is near. */
export function nearestWord(word: string, candidates: readonly string[]): string | undefined {
  let nearest: string | undefined;
  let fewest = Math.min(MAX_CHANGES, Math.floor(word.length / 2)) + 1;
  for (const candidate of candidates) {
    const changes = countChanges(word, candidate);
    if (changes >= fewest) continue;
    nearest = candidate;
    fewest = changes;
  }
  return nearest;
}

/** Letters to insert, remove or replace to get from one word to the other (Levenshtein). */
function countChanges(from: string, to: string): number {
  let previous = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const [row, letter] of [...from].entries()) {
    const current = [row + 1];
    for (const [column, other] of [...to].entries()) {
      const replaced = (previous[column] ?? 0) + (letter === other ? 0 : 1);
      current.push(Math.min(replaced, (previous[column + 1] ?? 0) + 1, (current[column] ?? 0) + 1));
    }
    previous = current;
  }
  return previous.at(-1) ?? 0;
}
