/** A part of a blob, both ends included. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * Reads the `Range` header of a GET: one range, closed, open or from the end. Everything else is ignored, which
 * {@link https://www.rfc-editor.org/rfc/rfc9110#section-14.2} allows.
 *
 * @returns "unsatisfiable" if there is nothing of it; undefined if all is wanted
 */
export function parseRange(
  header: string | undefined,
  size: number,
): ByteRange | "unsatisfiable" | undefined {
  const [, first, last] = /^bytes=([0-9]{0,15})-([0-9]{0,15})$/.exec(header ?? "") ?? [];
  if (first === undefined || last === undefined || (first === "" && last === "")) return undefined;
  const start = first === "" ? Math.max(size - Number(last), 0) : Number(first);
  const end = first === "" || last === "" ? size - 1 : Math.min(Number(last), size - 1);
  return start > end ? "unsatisfiable" : { start, end };
}

/**
 * Reads the `Content-Range` header of a chunk, `START-END` without a unit:
 * {@link https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pushing-a-blob-in-chunks}.
 *
 * @returns undefined if it is malformed
 */
export function parseContentRange(header: string): ByteRange | undefined {
  const [, first, last] = /^([0-9]{1,15})-([0-9]{1,15})$/.exec(header) ?? [];
  if (first === undefined || last === undefined) return undefined;
  const range = { start: Number(first), end: Number(last) };
  return range.end < range.start ? undefined : range;
}

/** Cuts content off after `length` bytes. */
export async function* takeBytes(
  content: AsyncIterable<Uint8Array>,
  length: number,
): AsyncGenerator<Uint8Array> {
  let left = length;
  if (left === 0) return;
  for await (const chunk of content) {
    yield chunk.subarray(0, left);
    left -= Math.min(left, chunk.length);
    if (left === 0) return;
  }
}
