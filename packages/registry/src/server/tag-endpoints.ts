import { formatRoute } from "../routes.ts";
import { type Answer, errorAnswer, jsonAnswer } from "./answer.ts";
import { refuseMethod } from "./blob-endpoints.ts";
import type { Call, RouteOf } from "./call.ts";

/**
 * end-8a and end-8b: sorted, with a relative `Link` to the next page.
 * {@link https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#listing-tags}
 */
export async function answerTags(call: Call<RouteOf<"tags">>): Promise<Answer> {
  const { repository, count, last } = call.route;
  if (call.method !== "GET" && call.method !== "HEAD") return refuseMethod(call.method, "GET, HEAD");
  if (count !== undefined && !(Number.isSafeInteger(count) && count >= 0)) {
    return errorAnswer("UNSUPPORTED", "n must be a number of tags", { status: 400 });
  }
  const tags = await Array.fromAsync(call.store.openRepository(repository).listTags({ signal: call.signal }));
  const rest = tags.sort().filter((tag) => last === undefined || tag > last);
  const pageSize = Math.min(
    count ?? Number.POSITIVE_INFINITY,
    call.quirks.tagPageSize ?? Number.POSITIVE_INFINITY,
  );
  const page = rest.slice(0, pageSize);
  const lastOfPage = page.at(-1);
  const hasMore = page.length < rest.length && lastOfPage !== undefined;
  const next = hasMore
    ? formatRoute({ kind: "tags", repository, count: pageSize, last: lastOfPage })
    : undefined;
  const { tagLink = (path: string) => `<${path}>; rel="next"` } = call.quirks;
  return jsonAnswer(200, { name: repository, tags: page }, next === undefined ? {} : { link: tagLink(next) });
}
