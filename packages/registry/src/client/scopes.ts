/** More scopes, or longer ones, in one challenge are nothing that a registry needs. */
const MAX_SCOPES = 8;
const MAX_SCOPE_LENGTH = 1024;

/** The repository of the first scope; undefined if it is about none. */
export function repositoryOf(scopes: readonly string[]): string | undefined {
  return /^repository:(.+):[^:]*$/.exec(scopes[0] ?? "")?.[1];
}

/** One text for a set of scopes, in whatever order they come. */
export function joinScopes(scopes: readonly string[]): string {
  return scopes.toSorted().join(" ");
}

/** What a challenge asks for beyond the scopes that there are. Harbor puts several into one text, with blanks between. */
export function missingScopes(asked: string | undefined, scopes: readonly string[]): readonly string[] {
  return (asked ?? "")
    .split(" ")
    .filter((scope) => scope !== "" && scope.length <= MAX_SCOPE_LENGTH)
    .slice(0, MAX_SCOPES)
    .filter((scope) => !scopes.some((one) => covers(one, scope)));
}

/** Does the first allow all that the second does? */
function covers(scope: string, other: string): boolean {
  const [resource, actions] = splitScope(scope);
  const [otherResource, otherActions] = splitScope(other);
  return resource === otherResource && otherActions.every((action) => actions.includes(action));
}

function splitScope(scope: string): readonly [resource: string, actions: readonly string[]] {
  const colon = scope.lastIndexOf(":");
  return [scope.slice(0, colon), scope.slice(colon + 1).split(",")];
}
