import { formatRoute } from "../routes.ts";
import type { Answer } from "./answer.ts";
import { refuseMethod } from "./blob-endpoints.ts";
import type { Call, RouteOf } from "./call.ts";
import { answerPage } from "./page.ts";

/** end-8a and end-8b. */
export async function answerTags(call: Call<RouteOf<"tags">>): Promise<Answer> {
  const { repository } = call.route;
  if (call.method !== "GET" && call.method !== "HEAD") return refuseMethod(call.method, "GET, HEAD");
  const tags = await Array.fromAsync(call.store.openRepository(repository).listTags({ signal: call.signal }));
  return answerPage(
    {
      names: tags,
      maxCount: call.quirks.tagPageSize,
      toDocument: (page) => ({ name: repository, tags: page }),
      toPath: (place) => formatRoute({ kind: "tags", repository, ...place }),
    },
    call.route,
  );
}
