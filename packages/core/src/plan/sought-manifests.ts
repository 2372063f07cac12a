import type { WantedManifest } from "./manifest-outcomes.ts";

/** All that is said of one digest: where it is, of what size and type. */
export type Sought = readonly [WantedManifest, ...WantedManifest[]];

/** Puts together what is wanted of one digest, so that it is fetched once. */
export function groupByDigest(wanted: readonly WantedManifest[]): readonly Sought[] {
  const sought = new Map<string, [WantedManifest, ...WantedManifest[]]>();
  for (const one of wanted) {
    const known = sought.get(one.descriptor.digest);
    if (known === undefined) sought.set(one.descriptor.digest, [one]);
    else known.push(one);
  }
  return [...sought.values()];
}

/** What is left of these: all that is still to be asked, of whatever repository. */
export function listLeft(
  sought: readonly Sought[],
  isUnseen: (wanted: WantedManifest) => boolean,
): readonly Sought[] {
  return sought.flatMap((all) => {
    const [first, ...others] = all.filter(isUnseen);
    return first === undefined ? [] : [[first, ...others] as const];
  });
}

/** A manifest is asked of its first repository; others cost only where that fails. */
export function countByRegistry(missing: readonly WantedManifest[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { from } of missing) counts.set(from.registry, (counts.get(from.registry) ?? 0) + 1);
  return counts;
}

/** Those for which their registry, which grants so many pulls, grants none now. */
export function listHeld(
  missing: readonly WantedManifest[],
  grantedBy: (registry: string) => number,
): readonly WantedManifest[] {
  const taken = new Map<string, number>();
  return missing.filter(({ from: { registry } }) => {
    const count = (taken.get(registry) ?? 0) + 1;
    taken.set(registry, count);
    return count > grantedBy(registry);
  });
}
