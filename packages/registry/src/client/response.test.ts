import { describeCauses } from "@airgap-bundle/core";
import { request } from "undici";
import { afterEach, describe, expect, test } from "vitest";
import { type RawAnswer, type RawServer, serveRaw } from "../../../../test/support/raw-server.ts";
import { isRedirect, nextLocation } from "./redirect.ts";
import { headerOf, type Response, toRegistryError } from "./response.ts";

const LIST = { method: "GET", url: "https://r.io/v2/app/tags/list" };
const DIGEST = `sha256:${"1".repeat(64)}`;

let server: RawServer | undefined;

afterEach(async () => {
  await server?.close();
  server = undefined;
});

/** The answer of a server that sends this. */
async function receive(answer: RawAnswer): Promise<Response> {
  server = await serveRaw(() => answer);
  return await request(server.url);
}

function errorBody(error: object): string {
  return JSON.stringify({ errors: [error] });
}

test("toRegistryError() finds words that are names elsewhere", async () => {
  const message = "The repository with name 'registry' does not exist in the registry with id '1'";
  const response = await receive({ status: 404, body: errorBody({ code: "NAME_UNKNOWN", message }) });
  const line = { method: "POST", url: "https://r.io/v2/registry/blobs/uploads/" };

  expect(await toRegistryError(response, "push it", line)).toMatchObject({
    hint: expect.stringContaining("aws ecr create-repository"),
  });
});

test.each(["infra/quota-exporter", "infra/maintenance", "immutable-store", "quota"])(
  "toRegistryError() reads no meaning into the name of %s",
  async (repository) => {
    const message = `not authorized to perform: ecr:InitiateLayerUpload on resource: arn:aws:ecr:x:1:repository/${repository}`;
    const response = await receive({ status: 403, body: errorBody({ code: "DENIED", message }) });
    const line = { method: "POST", url: `https://r.io/v2/${repository}/blobs/uploads/` };

    expect(await toRegistryError(response, "push it", line)).toMatchObject({
      code: "DENIED",
      message: expect.stringContaining("it may not be written with these credentials"),
    });
  },
);

describe("toRegistryError()", () => {
  test.each([
    [
      404,
      "BLOB_UNKNOWN",
      errorBody({ code: "BLOB_UNKNOWN", message: "blob unknown" }),
      "blob unknown (status 404)",
    ],
    [400, "NAME_INVALID", errorBody({ code: "name_invalid", message: "bad" }), "bad (status 400)"],
    [404, "NAME_UNKNOWN", errorBody({ code: "NAME_UNKNOWN" }), "status 404"],
    [403, "DENIED", errorBody({ message: "quota" }), "quota (status 403)"],
    [403, "DENIED", errorBody({ code: "SOMETHING_ELSE", message: "policy" }), "policy (status 403)"],
    [412, "REGISTRY_FAILED", errorBody({ code: "PROJECTPOLICYVIOLATION", message: "p" }), "p (status 412)"],
    [400, "REGISTRY_FAILED", errorBody({ code: "CONNECTION_FAILED", message: "ours" }), "ours (status 400)"],
    [500, "UNAVAILABLE", errorBody({ code: "NAME_UNKNOWN", message: "db" }), "db (status 500)"],
    [502, "UNAVAILABLE", "<html>Bad gateway</html>", "status 502"],
    [401, "UNAUTHORIZED", "", "status 401"],
    [403, "DENIED", "", "status 403"],
    [405, "UNSUPPORTED", "", "status 405"],
    [408, "UNAVAILABLE", "", "status 408"],
    [413, "SIZE_INVALID", "<html>", "status 413"],
    [415, "UNSUPPORTED", "null", "status 415"],
    [418, "REGISTRY_FAILED", `{"errors":[]}`, "status 418"],
    [429, "TOOMANYREQUESTS", "Too Many Requests", "Too Many Requests (status 429)"],
    [501, "UNSUPPORTED", "", "status 501"],
    [
      200,
      "REGISTRY_FAILED",
      "<html><title>Log in</title>",
      "it answers as no registry does: Log in (status 200)",
    ],
    [404, "REGISTRY_FAILED", `{"errors":"x"}`, "x (status 404)"],
    [404, "REGISTRY_FAILED", "x".repeat(70_000), "status 404"],
  ])("makes of %i %s", async (status, code, body, said) => {
    const error = await toRegistryError(await receive({ status, body }), "list tags", LIST);

    expect(error).toMatchObject({ name: "BundleError", code, message: `Cannot list tags: ${said}` });
  });

  test.each([
    ["manifests/7", "MANIFEST_UNKNOWN", `{"errors": [{"code": "404", "message": "Not Found"}]}`],
    ["manifests/sha256-8df5.sig", "MANIFEST_UNKNOWN", "Not found\r"],
    ["manifests/7", "MANIFEST_UNKNOWN", errorBody({ code: "UNKNOWN", message: "manifest not found" })],
    ["blobs/sha256:1", "BLOB_UNKNOWN", "404 page not found"],
    ["tags/list", "REGISTRY_FAILED", errorBody({ code: "NOT_FOUND", message: "404 page not found" })],
  ])("makes of a 404 to %s %s, whatever code comes with it", async (path, code, body) => {
    const line = { method: "GET", url: `https://r.io/v2/app/${path}` };

    expect(await toRegistryError(await receive({ status: 404, body }), "read", line)).toMatchObject({ code });
  });

  test("keeps the request's line and the registry's own words as the cause, without the query", async () => {
    const body = errorBody({ code: "denied", message: "no\u001b[31m" });
    const response = await receive({ status: 403, body });

    const error = await toRegistryError(response, "list tags", LIST);

    expect(describeCauses(error)).toEqual([
      `GET https://r.io/v2/app/tags/list answered 403: DENIED "no [31m"`,
    ]);
  });

  test("names the digests of the details, and how many errors there are", async () => {
    const errors = [
      { code: "UNKNOWN" },
      { code: "MANIFEST_BLOB_UNKNOWN", message: "blob unknown", detail: DIGEST },
    ];
    const response = await receive({ status: 400, body: JSON.stringify({ errors }) });

    const error = await toRegistryError(response, "list", LIST);

    expect(error).toMatchObject({
      code: "MANIFEST_BLOB_UNKNOWN",
      message: `Cannot list: blob unknown: ${DIGEST} (status 400, one of 2 errors)`,
      digests: [DIGEST],
    });
  });

  test.each([
    [502, "x-request-id", "status 502, request 1f"],
    [500, "x-amzn-requestid", "status 500, request 1f"],
    [404, "x-request-id", "status 404"],
  ])("names at %i the request by %s, for the registry's logs", async (status, name, said) => {
    const response = await receive({ status, headers: { [name]: "1f" } });

    expect(await toRegistryError(response, "list", LIST)).toMatchObject({ message: `Cannot list: ${said}` });
  });

  test("masks what was sent in the name of a request, too", async () => {
    const response = await receive({ status: 500, headers: { "x-request-id": "Basic c2VjcmV0" } });

    const error = await toRegistryError(Object.assign(response, { secrets: ["c2VjcmV0"] }), "list", LIST);

    expect(error).toMatchObject({ message: "Cannot list: status 500, request Basic ***" });
  });

  test("cuts the registry's words short", async () => {
    const body = errorBody({ code: "DENIED", message: "no ".repeat(1000) });

    const error = await toRegistryError(await receive({ status: 403, body }), "push", LIST);

    expect(error.message.length).toBeLessThan(600);
  });

  test("takes the status where the body breaks off", async () => {
    const headers = { "content-length": "100" };

    const error = await toRegistryError(
      await receive({ status: 404, headers, body: "{", isCut: true }),
      "push",
      LIST,
    );

    expect(error).toMatchObject({ code: "REGISTRY_FAILED", message: "Cannot push: status 404" });
  });

  test.each([
    [429, "7", 7000],
    [503, "0", 0],
    [429, "soon", 1000],
    [429, "-1", 1000],
    [429, "9".repeat(400), 30 * 24 * 3_600_000],
    [400, "7", undefined],
  ])("row 44: reads at %i a Retry-After of %j as %j", async (status, header, expected) => {
    const headers = { "retry-after": header };

    const error = await toRegistryError(await receive({ status, headers }), "push", LIST);

    expect(error.retryAfterMs).toBe(expected);
  });

  test("row 44: waits for no time without end, whichever way it is said", async () => {
    const body = errorBody({ code: "TOOMANYREQUESTS", message: `retry-after: ${"9".repeat(400)}s` });
    const headers = { "retry-after": "Fri, 31 Dec 9999 23:59:59 GMT" };
    const answers: readonly RawAnswer[] = [
      { status: 429, body },
      { status: 429, headers },
    ];

    for (const answer of answers) {
      const { retryAfterMs } = await toRegistryError(await receive(answer), "push", LIST);
      expect(retryAfterMs).toBe(30 * 24 * 3_600_000);
      await server?.close();
    }
  });

  test("reads how long to wait from GHCR's words", async () => {
    const body = errorBody({
      code: "TOOMANYREQUESTS",
      message: "retry-after: 880.092µs, allowed: 44000/minute",
    });

    const error = await toRegistryError(await receive({ status: 429, body }), "pull", LIST);

    expect(error.retryAfterMs).toBe(1);
  });

  test.each([
    [20_000, 15_000, 20_000],
    [-20_000, 1000, 1000],
  ])("row 44: reads a Retry-After that is a date %i ms from now", async (fromNowMs, atLeastMs, atMostMs) => {
    const headers = { "retry-after": new Date(Date.now() + fromNowMs).toUTCString() };

    const { retryAfterMs } = await toRegistryError(await receive({ status: 429, headers }), "push", LIST);

    expect(retryAfterMs).toBeGreaterThanOrEqual(atLeastMs);
    expect(retryAfterMs).toBeLessThanOrEqual(atMostMs);
  });
});

test("headerOf() gives the first of several headers of one name", async () => {
  const response = await receive({ headers: { link: ["<a>", "<b>"], "x-one": "1" } });

  expect(headerOf(response, "link")).toBe("<a>");
  expect(headerOf(response, "x-one")).toBe("1");
  expect(headerOf(response, "x-none")).toBeUndefined();
});

describe("nextLocation()", () => {
  const current = new URL("https://r.io/v2/app/blobs/x");

  test.each([
    [307, "https://cdn.io/blob?sig=1%2B2", "https://cdn.io/blob?sig=1%2B2"],
    [301, "/other", "https://r.io/other"],
    [302, "//cdn.io/x", "https://cdn.io/x"],
    [303, "y", "https://r.io/v2/app/blobs/y"],
    [308, "https://r.io:8443/x", "https://r.io:8443/x"],
  ])("resolves %i to %s", async (status, location, expected) => {
    const response = await receive({ status, headers: { location } });

    expect(isRedirect(response)).toBe(true);
    expect(nextLocation(response, current, "https://r.io").href).toBe(expected);
  });

  test.each([200, 304, 404])("is no redirect with status %i", async (status) => {
    const response = await receive({ status, headers: { location: "/x" } });

    expect(isRedirect(response)).toBe(false);
  });

  test("goes to plain http from a registry that speaks it", async () => {
    const response = await receive({ status: 307, headers: { location: "http://cdn.internal/x" } });

    expect(nextLocation(response, new URL("http://r.internal/x"), "http://r.internal").host).toBe(
      "cdn.internal",
    );
  });

  test.each([
    ["leaves https", "http://r.io/x", /leaves https/],
    ["is a file", "file:///etc/passwd", /scheme is file:/],
    ["is data", "data:,x", /scheme is data:/],
    ["holds a password", "https://ada:secret@cdn.io/x", /holds credentials/],
    ["is no URL", "https://[", /names no URL/],
  ])("refuses what %s", async (_what, location, message) => {
    const response = await receive({ status: 307, headers: { location } });

    expect(() => nextLocation(response, current, "https://r.io")).toThrow(message);
    expect(() => nextLocation(response, current, "https://r.io")).toThrow(
      expect.objectContaining({ code: "REGISTRY_FAILED", message: expect.not.stringContaining("secret") }),
    );
  });

  test("refuses a redirect without Location", async () => {
    const response = await receive({ status: 307 });

    expect(() => nextLocation(response, current, "https://r.io")).toThrow(/names no URL/);
  });
});
