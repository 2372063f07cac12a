import { describe, expect, test } from "vitest";
import { uploadLocation, withDigest } from "./location.ts";

const STATE = "?_state=a%2Bb+c~%7E'*|==";

function locate(location: string | undefined, origin: string): ReturnType<typeof uploadLocation> {
  return uploadLocation(location, { base: `${origin}/v2/app/blobs/uploads/`, origin, what: "upload" });
}

describe("uploadLocation()", () => {
  test.each([
    ["/v2/app/blobs/uploads/1", "https://r.io", "https://r.io/v2/app/blobs/uploads/1"],
    ["1", "https://r.io", "https://r.io/v2/app/blobs/uploads/1"],
    ["https://r.io/1", "https://r.io", "https://r.io/1"],
    ["https://up.io/1", "https://r.io", "https://up.io/1"],
    ["//up.io/1", "https://r.io", "https://up.io/1"],
    ["https://r.io:8443/1", "https://r.io", "https://r.io:8443/1"],
    ["http://r.internal/1", "http://r.internal", "http://r.internal/1"],
    ["http://up.internal/1", "http://r.internal", "http://up.internal/1"],
  ])("takes %s of %s", (location, origin, url) => {
    expect(locate(location, origin)).toEqual({ url });
  });

  test("leaves a signed query as it is", () => {
    expect(locate(`/1${STATE}`, "https://r.io").url).toBe(`https://r.io/1${STATE.replace("'", "%27")}`);
  });

  test.each([
    ["http://r.io/1?s=1", "https://r.io", "https://r.io/1?s=1", "http://r.io"],
    ["http://r.io:80/1", "https://r.io:5000", "https://r.io:5000/1", "http://r.io"],
    ["https://r.io/1", "https://r.io:5000", "https://r.io:5000/1", "https://r.io"],
    ["http://r.internal/1", "http://r.internal:5000", "http://r.internal:5000/1", "http://r.internal"],
  ])("row 62: puts %s of %s right", (location, origin, url, wrongOrigin) => {
    expect(locate(location, origin)).toEqual({ url, wrongOrigin });
  });

  test.each([
    ["none", undefined, /names no place/],
    ["what is no URL", "https://[", /names no URL/],
    ["a file", "file:///tmp/x", /scheme is file:/],
    ["another host without TLS", "http://up.io/1", /leaves https for up\.io/],
    ["a password", "https://ada:secret@r.io/1", /holds credentials/],
  ])("row 62: refuses %s", (_what, location, message) => {
    expect(() => locate(location, "https://r.io")).toThrow(message);
    expect(() => locate(location, "https://r.io")).toThrow(
      expect.objectContaining({
        code: "REGISTRY_FAILED",
        message: expect.not.stringContaining("secret"),
        hint: expect.stringContaining("external_url"),
      }),
    );
  });
});

test.each([
  ["https://r.io/1", "https://r.io/1?digest=sha256%3Aab"],
  ["https://r.io/1?_state=a%2Bb", "https://r.io/1?_state=a%2Bb&digest=sha256%3Aab"],
])("withDigest() adds to %s and leaves what is there", (location, expected) => {
  expect(withDigest(location, "sha256:ab")).toBe(expected);
});
