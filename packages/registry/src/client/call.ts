/** One request. */
export interface Call {
  readonly method: "DELETE" | "GET" | "HEAD" | "PATCH" | "POST" | "PUT";
  /** A path, or a whole URL that the registry gave. */
  readonly url: string;
  /** `repository:NAME:ACTIONS`, the most important first. */
  readonly scopes: readonly string[];
  readonly headers?: Readonly<Record<string, string>>;
  /** Opened anew for every attempt. Each chunk is needed until the next one is asked for. */
  readonly body?: () => AsyncIterable<Uint8Array> | Uint8Array;
  /** What of it nobody may see, beside its authorization. @default nothing */
  readonly secrets?: readonly string[];
  /**
   * Statuses that are an answer; others are thrown. With 401 among them nobody logs in for it. Where any is, nobody waits
   * for a host that says it is overloaded.
   */
  readonly expected: readonly number[] | "any";
  /** "verb object", for messages. */
  readonly what: string;
  /** @default 5 */
  readonly attempts?: number;
  /** How long the answer may take. @default a minute */
  readonly answerTimeoutMs?: number;
  /** May be false for HEAD: then a redirect is the answer. @default true */
  readonly followsRedirects?: boolean;
  /** A body may be large: an answer's comes in large chunks, which are lent until the next one is asked for. @default false */
  readonly isLarge?: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** Is this an answer to the call, and no failure? */
export function isExpected({ expected }: Pick<Call, "expected">, status: number): boolean {
  return expected === "any" || expected.includes(status);
}
