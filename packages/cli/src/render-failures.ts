/** Something that could not be done: what, why, and what to do. */
export interface Failure {
  readonly name: string;
  /** "Cannot VERB OBJECT: REASON". */
  readonly message: string;
  readonly hint: string;
  /** What caused it, outermost first. */
  readonly details?: readonly string[] | undefined;
}

/** How results are shown. */
export interface RenderOptions {
  /** Adds what caused a failure: requests with the registry's own words, errors of the system. @default false */
  readonly isVerbose?: boolean;
}

/** More names of one reason are only counted. */
const MAX_NAMES = 10;

/** Failures for people: those with one reason together, so that a registry that is down is told once. */
export function renderFailures(failures: readonly Failure[], options: RenderOptions = {}): string[] {
  if (failures.length === 0) return [];
  const groups = new Map<string, Failure[]>();
  for (const failure of failures) {
    const key = `${reasonOf(failure.message)}\n${failure.hint}`;
    groups.set(key, [...(groups.get(key) ?? []), failure]);
  }
  return [
    "",
    `${failures.length} failed:`,
    ...[...groups.values()].flatMap((group) => renderGroup(group, options)),
  ];
}

function renderGroup(failures: readonly Failure[], { isVerbose = false }: RenderOptions): string[] {
  const [first] = failures;
  if (first === undefined) return [];
  const names = failures.slice(0, MAX_NAMES).map(({ name }) => `  ${name}`);
  if (failures.length > MAX_NAMES) names.push(`  and ${failures.length - MAX_NAMES} more: --json has all`);
  // What each says of its own object would be wrong for the others.
  const isSame = failures.every(({ message }) => message === first.message);
  const reason = isSame ? first.message : reasonOf(first.message);
  const details = isVerbose ? (first.details ?? []).map((detail) => `    Caused by: ${detail}`) : [];
  return [...names, `    ${reason}`, `    ${first.hint}`, ...details];
}

/** What stands behind "Cannot VERB OBJECT". */
function reasonOf(message: string): string {
  const colon = message.indexOf(": ");
  return colon < 0 ? message : message.slice(colon + 2);
}
