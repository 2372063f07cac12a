/** More changes than this make another word. */
const MAX_CHANGES = 2;

/** The name that a misspelt one probably means: the nearest in letters, case and punctuation apart. */
export function nearestName(name: string, candidates: readonly string[]): string | undefined {
  return nearestNames(name, candidates)[0];
}

/** The names that a misspelt one may mean, the most probable first. */
export function nearestNames(name: string, candidates: readonly string[]): readonly string[] {
  return candidates
    .map((candidate) => ({ candidate, changes: countChanges(bare(name), bare(candidate)) }))
    .filter(({ candidate, changes }) => changes <= MAX_CHANGES && changes < candidate.length)
    .toSorted((a, b) => a.changes - b.changes)
    .map(({ candidate }) => candidate);
}

function bare(name: string): string {
  return name.slice(0, 100).toLowerCase().replace(/[-_]/g, "");
}

/** Levenshtein distance: letters to add, remove or replace. */
function countChanges(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, i) => i);
  for (const [i, letter] of [...from].entries()) {
    const next = [i + 1];
    for (const [j, other] of [...to].entries()) {
      const replaced = (row[j] ?? 0) + (letter === other ? 0 : 1);
      next.push(Math.min(replaced, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
