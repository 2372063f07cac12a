import type { RegistryWords } from "./registry-words.ts";

/** What a request was about, as far as it changes what a refusal means. */
export type Purpose =
  | "log-in"
  | "read"
  | "read-manifest"
  | "read-blob"
  | "start-upload"
  | "send-blob"
  | "push-manifest";

/** A request's line, and who answered it. */
export interface RequestLine {
  readonly method: string;
  /** Without the query, which may be signed. */
  readonly url: string;
}

/** The line of a request to a host of this origin. */
export function lineOf(
  { method, url }: { readonly method: string; readonly url: string },
  origin: string,
): RequestLine {
  const whole = new URL(url, origin);
  return { method, url: `${whole.origin}${whole.pathname}` };
}

/** A request that was answered with an error, as it was: the cause of the error that says what it means. */
export class AnswerError extends Error {
  readonly status: number;
  readonly words: RegistryWords;
  readonly purpose: Purpose;
  /** The path of the repository that it was about, if it was about one. */
  readonly repository: string | undefined;

  constructor(
    request: RequestLine,
    answer: { readonly status: number; readonly words: RegistryWords },
    purpose: Purpose = purposeOf(request),
  ) {
    const { status, words } = answer;
    const said = [words.code, words.message === undefined ? undefined : JSON.stringify(words.message)];
    const tail = said.filter((part) => part !== undefined).join(" ");
    super(`${request.method} ${request.url} answered ${status}${tail === "" ? "" : `: ${tail}`}`);
    this.name = "AnswerError";
    this.status = status;
    this.words = words;
    this.purpose = purpose;
    this.repository = /^\/v2\/(.+)\/(?:manifests|blobs|tags|referrers)\//.exec(
      new URL(request.url).pathname,
    )?.[1];
  }

  /** Among the causes of an error it stands as it is. */
  override toString(): string {
    return this.message;
  }
}

/** The registry's answer that made this error, if it was one: not its token server's, which knows nothing of the request. */
export function answerOf(error: unknown): AnswerError | undefined {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof AnswerError && cause.purpose !== "log-in" ? cause : undefined;
}

/** An upload's URL is the registry's business: what is written and is no manifest is a blob. */
function purposeOf({ method, url }: RequestLine): Purpose {
  const isManifest = /\/manifests\/[^/]+$/.test(url);
  if (method === "GET" || method === "HEAD") {
    if (isManifest) return "read-manifest";
    return /\/blobs\/[^/]+$/.test(url) ? "read-blob" : "read";
  }
  if (isManifest) return "push-manifest";
  if (method === "POST") return /\/blobs\/uploads\/$/.test(url) ? "start-upload" : "read";
  return "send-blob";
}
