import { type Answer, errorAnswer, jsonAnswer } from "./answer.ts";

/** Which part of a list is wanted. */
export interface Place {
  /** How many names at most. @default all */
  readonly count?: number;
  /** The name behind which it begins. @default the beginning */
  readonly last?: string;
}

/** A list of which a part is wanted. */
export interface NameList {
  readonly names: readonly string[];
  /** Most names of one page, whatever the client asks for. @default no limit */
  readonly maxCount?: number | undefined;
  /** The answer's document. */
  toDocument(names: readonly string[]): object;
  /** The path of another part. */
  toPath(place: Place): string;
}

/**
 * One page of a list, sorted by code units, with a relative `Link` to the next one if there is more:
 * {@link https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#listing-tags}.
 */
export function answerPage(list: NameList, { count, last }: Place): Answer {
  if (Number.isNaN(count)) return errorAnswer("UNSUPPORTED", "n must be a number", { status: 400 });
  const rest = list.names.toSorted().filter((name) => last === undefined || name > last);
  const pageSize = Math.min(count ?? rest.length, list.maxCount ?? rest.length);
  const page = rest.slice(0, pageSize);
  const lastOfPage = page.at(-1);
  const hasMore = page.length < rest.length && lastOfPage !== undefined;
  const headers: Readonly<Record<string, string>> = hasMore
    ? { link: `<${list.toPath({ count: pageSize, last: lastOfPage })}>; rel="next"` }
    : {};
  return jsonAnswer(200, list.toDocument(page), headers);
}
