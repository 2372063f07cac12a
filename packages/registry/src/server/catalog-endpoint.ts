import { formatRoute } from "../routes.ts";
import type { Answer } from "./answer.ts";
import { refuseMethod } from "./blob-endpoints.ts";
import type { Call, RouteOf } from "./call.ts";
import { answerPage } from "./page.ts";

/** All repositories, which is no part of the OCI spec: {@link https://distribution.github.io/distribution/spec/api/#listing-repositories}. */
export async function answerCatalog(call: Call<RouteOf<"catalog">>): Promise<Answer> {
  if (call.method !== "GET" && call.method !== "HEAD") return refuseMethod(call.method, "GET, HEAD");
  return answerPage(
    {
      names: await call.store.listRepositories(),
      toDocument: (repositories) => ({ repositories }),
      toPath: (place) => formatRoute({ kind: "catalog", ...place }),
    },
    call.route,
  );
}
