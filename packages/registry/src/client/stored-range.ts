/** What a registry says after it was sent bytes `start` to `end` (not included). */
export interface StoredAnswer {
  readonly status: number;
  /** `0-N`: N + 1 bytes are held. */
  readonly range: string | undefined;
}

/**
 * Where an upload goes on; undefined if the registry holds what it cannot hold. Pure.
 *
 * No `Range`, or the one from before, tells nothing: ECR's is stale (it is known by its 201), and `0-0` means one byte or
 * none. A part of what was sent is gone on from.
 */
export function nextOffset(
  { status, range }: StoredAnswer,
  { start, end }: { readonly start: number; readonly end: number },
): number | undefined {
  const [, last] = /^(?:bytes[ =])?0-(\d{1,15})$/.exec(range ?? "") ?? [];
  if (last === undefined || status === 201) return end;
  const stored = Number(last) + 1;
  if (stored > start && stored <= end) return stored === 1 ? end : stored;
  return stored === start ? end : undefined;
}
