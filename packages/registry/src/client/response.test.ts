import { request } from "undici";
import { afterEach, describe, expect, test } from "vitest";
import { type RawAnswer, type RawServer, serveRaw } from "../../../../test/support/raw-server.ts";
import { uploadLocation, withDigest } from "./location.ts";
import { nextLocation } from "./redirect.ts";
import { headerOf, type Response, toRegistryError } from "./response.ts";

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
    [429, "TOOMANYREQUESTS", "Too Many Requests", "status 429"],
    [404, "REGISTRY_FAILED", `{"errors":"x"}`, "status 404"],
    [404, "REGISTRY_FAILED", "x".repeat(70_000), "status 404"],
  ])("makes of %i %s", async (status, code, body, said) => {
    const error = await toRegistryError(await receive({ status, body }), "list tags");

    expect(error).toMatchObject({ name: "BundleError", code, message: `Cannot list tags: ${said}` });
  });

  test("cuts the registry's words short", async () => {
    const body = errorBody({ code: "DENIED", message: "no ".repeat(1000) });

    const error = await toRegistryError(await receive({ status: 403, body }), "push");

    expect(error.message.length).toBeLessThan(600);
  });

  test("takes the status where the body breaks off", async () => {
    const headers = { "content-length": "100" };

    const error = await toRegistryError(
      await receive({ status: 404, headers, body: "{", isCut: true }),
      "push",
    );

    expect(error).toMatchObject({ code: "REGISTRY_FAILED", message: "Cannot push: status 404" });
  });

  test.each([
    [429, "7", 7000],
    [503, "0", 0],
    [429, "soon", undefined],
    [429, "-1", undefined],
    [400, "7", undefined],
  ])("reads at %i a Retry-After of %j as %j", async (status, header, expected) => {
    const headers = { "retry-after": header };

    const error = await toRegistryError(await receive({ status, headers }), "push");

    expect(error.retryAfterMs).toBe(expected);
  });

  test.each([
    [20_000, 15_000, 20_000],
    [-20_000, 0, 0],
  ])("reads a Retry-After that is a date %i ms from now", async (fromNowMs, atLeastMs, atMostMs) => {
    const headers = { "retry-after": new Date(Date.now() + fromNowMs).toUTCString() };

    const { retryAfterMs } = await toRegistryError(await receive({ status: 429, headers }), "push");

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

    expect(nextLocation(response, current, "https://r.io")?.href).toBe(expected);
  });

  test.each([200, 304, 404])("is no redirect with status %i", async (status) => {
    const response = await receive({ status, headers: { location: "/x" } });

    expect(nextLocation(response, current, "https://r.io")).toBeUndefined();
  });

  test("goes to plain http from a registry that speaks it", async () => {
    const response = await receive({ status: 307, headers: { location: "http://cdn.internal/x" } });

    expect(nextLocation(response, new URL("http://r.internal/x"), "http://r.internal")?.host).toBe(
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

describe("uploadLocation()", () => {
  test.each([
    [
      "/v2/app/blobs/uploads/1?_state=a%2Bb",
      "https://r.io",
      "https://r.io/v2/app/blobs/uploads/1?_state=a%2Bb",
    ],
    ["https://up.io/1", "https://r.io", "https://up.io/1"],
    ["http://r.io/1?s=1", "https://r.io", "https://r.io/1?s=1"],
    ["http://r.io:80/1", "https://r.io:5000", "https://r.io:5000/1"],
    ["http://r.internal/1", "http://r.internal", "http://r.internal/1"],
    ["http://up.internal/1", "http://r.internal", "http://up.internal/1"],
  ])("takes %s of %s", async (location, origin, expected) => {
    const response = await receive({ status: 202, headers: { location } });

    expect(uploadLocation(response, origin, "upload")).toBe(expected);
  });

  test.each([
    ["none", {}, /names no place/],
    ["one that is no URL", { location: "https://[" }, /names no place/],
    ["another host without TLS", { location: "http://up.io/1" }, /leaves https for up.io/],
    ["a file", { location: "file:///tmp/x" }, /scheme is file:/],
    ["credentials in it", { location: "https://ada:x@up.io/1" }, /holds credentials/],
  ])("refuses %s", async (_what, headers, message) => {
    const response = await receive({ status: 202, headers });

    expect(() => uploadLocation(response, "https://r.io", "upload")).toThrow(message);
    expect(() => uploadLocation(response, "https://r.io", "upload")).toThrow(
      expect.objectContaining({ code: "REGISTRY_FAILED" }),
    );
  });
});

test.each([
  ["https://r.io/1", "https://r.io/1?digest=sha256%3Aab"],
  ["https://r.io/1?_state=a%2Bb", "https://r.io/1?_state=a%2Bb&digest=sha256%3Aab"],
])("withDigest() adds to %s and leaves what is there", (location, expected) => {
  expect(withDigest(location, "sha256:ab")).toBe(expected);
});
