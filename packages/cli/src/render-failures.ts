/** Something that could not be done: what, why, and what to do. */
export interface Failure {
  readonly name: string;
  /** "Cannot VERB OBJECT: REASON". */
  readonly message: string;
  readonly hint?: string | undefined;
}

/** More names of one reason are only counted. */
const MAX_NAMES = 10;

/** Failures for people: those with one reason together, so that a registry that is down is told once. */
export function renderFailures(failures: readonly Failure[]): string[] {
  if (failures.length === 0) return [];
  const groups = new Map<string, Failure[]>();
  for (const failure of failures) {
    const key = `${reasonOf(failure.message)}\n${failure.hint ?? ""}`;
    groups.set(key, [...(groups.get(key) ?? []), failure]);
  }
  return ["", `${failures.length} failed:`, ...[...groups.values()].flatMap(renderGroup)];
}

function renderGroup(failures: readonly Failure[]): string[] {
  const [first] = failures;
  if (first === undefined) return [];
  const names = failures.slice(0, MAX_NAMES).map(({ name }) => `  ${name}`);
  if (failures.length > MAX_NAMES) names.push(`  and ${failures.length - MAX_NAMES} more`);
  const reason = failures.length === 1 ? first.message : reasonOf(first.message);
  return [...names, `    ${reason}`, ...(first.hint === undefined ? [] : [`    ${first.hint}`])];
}

/** What stands behind "Cannot VERB OBJECT". */
function reasonOf(message: string): string {
  const colon = message.indexOf(": ");
  return colon < 0 ? message : message.slice(colon + 2);
}
