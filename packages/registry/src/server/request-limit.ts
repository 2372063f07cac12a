import type { Answer } from "./answer.ts";
import type { RequestLimit } from "./options.ts";

/** Says whether one more request is too many: its refusal, or undefined. */
export type CountRequest = () => Answer | undefined;

/**
 * Counts requests of every kind, as Docker Hub does against abuse: beyond the limit a page is answered, and when to come
 * again. {@link https://docs.docker.com/docker-hub/usage/#abuse-rate-limit}
 */
export function openRequestLimit(requestLimit?: RequestLimit): CountRequest {
  if (requestLimit === undefined) return () => undefined;
  const { requests, windowSeconds, now = Date.now } = requestLimit;
  let count = 0;
  let endsAt = now() + windowSeconds * 1000;
  return () => {
    if (now() >= endsAt) {
      count = 0;
      endsAt = now() + windowSeconds * 1000;
    }
    count += 1;
    if (count <= requests) return undefined;
    const headers = {
      "content-type": "text/html",
      "retry-after": `${Math.ceil((endsAt - now()) / 1000)}`,
    };
    return { status: 429, headers, body: Buffer.from("<html><body>Too Many Requests</body></html>") };
  };
}
