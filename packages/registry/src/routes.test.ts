import { digestOf } from "@airgap-bundle/core";
import { expect, test } from "vitest";
import { formatRoute, isValidRoute, parseRoute, type Route } from "./routes.ts";

const DIGEST = digestOf("");

test.each<Route>([
  { kind: "base" },
  { kind: "blob", repository: "library/redis", digest: DIGEST },
  { kind: "manifest", repository: "a/b/c", reference: "7.2" },
  { kind: "manifest", repository: "a", reference: DIGEST },
  { kind: "manifest", repository: "a", reference: DIGEST, tags: ["7", "7.2"] },
  { kind: "catalog" },
  { kind: "catalog", count: 10, last: "a/b" },
  { kind: "tags", repository: "a/tags" },
  { kind: "tags", repository: "a", count: 0, last: "1.0+x y" },
  { kind: "referrers", repository: "a/b", digest: DIGEST },
  { kind: "referrers", repository: "a", digest: DIGEST, artifactType: "application/vnd.example+json" },
  { kind: "uploads", repository: "a/blobs" },
  { kind: "uploads", repository: "a", mount: DIGEST, from: "b/c" },
  { kind: "uploads", repository: "a", digest: DIGEST },
  { kind: "uploads", repository: "a", algorithm: "sha512" },
  { kind: "upload", repository: "a", id: "1b4e28ba-2fa1-11d2-883f-0016d3cca427" },
  { kind: "upload", repository: "a", id: "x", digest: DIGEST },
])("parseRoute() reads what formatRoute() makes of %j", (route) => {
  expect(parseRoute(formatRoute(route))).toEqual(route);
  expect(isValidRoute(route)).toBe(true);
});

test.each([
  "/",
  "/v1/",
  "/v2",
  "/v2/_catalog/",
  "/v2/a/referrers",
  "/v2/a/tags",
  "//",
  "/v2/a%/tags/list",
  "",
])("parseRoute() knows %j or says that it is none", (url) => {
  expect(parseRoute(url)).toEqual(url === "/v2" ? { kind: "base" } : undefined);
});

test("parseRoute() reads an escaped digest", () => {
  expect(parseRoute(`/v2/a/blobs/${encodeURIComponent(DIGEST)}`)).toEqual({
    kind: "blob",
    repository: "a",
    digest: DIGEST,
  });
});

test.each(["", "x", "1e3", "-1", "1.5", "0x10"])("parseRoute() tells that n is no number: %j", (n) => {
  expect(parseRoute(`/v2/a/tags/list?n=${n}`)).toEqual({ kind: "tags", repository: "a", count: Number.NaN });
});

test.each([
  "/v2/A/tags/list",
  "/v2/a/../b/tags/list",
  "/v2/a/blobs/sha256:x",
  "/v2/a/manifests/.x",
  "/v2/a/referrers/x",
  "/v2/a/manifests/7?tag=.x",
])("isValidRoute() refuses %s", (url) => {
  const route = parseRoute(url);

  expect(route === undefined || isValidRoute(route)).toBe(false);
});
