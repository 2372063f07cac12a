import { BundleError } from "@airgap-bundle/core";
import { expect, test } from "vitest";
import { toConnectionError } from "./connection-error.ts";

function systemError(code: string, message = `connect ${code}`): Error {
  return Object.assign(new Error(message), { code });
}

test.each([
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "CERT_HAS_EXPIRED",
  "ERR_TLS_CERT_ALTNAME_INVALID",
  "ERR_SSL_WRONG_VERSION_NUMBER",
  "EPROTO",
])("toConnectionError() tells %s as TLS_FAILED", (code) => {
  const cause = systemError(code);

  const error = toConnectionError(cause, "list tags");

  expect(error).toMatchObject({ code: "TLS_FAILED", cause, hint: expect.stringContaining("--insecure") });
  expect(error.message).toBe(`Cannot list tags: the TLS handshake failed (${code})`);
});

test.each([
  ["ECONNREFUSED", "connect ECONNREFUSED", true],
  ["ENOTFOUND", "connect ENOTFOUND", true],
  ["EAI_AGAIN", "connect EAI_AGAIN", true],
  ["EHOSTUNREACH", "connect EHOSTUNREACH", true],
  ["ENETUNREACH", "connect ENETUNREACH", true],
  ["ECONNRESET", "the connection was cut", false],
  ["UND_ERR_SOCKET", "the connection was cut", false],
  ["UND_ERR_CONNECT_TIMEOUT", "no connection within the time allowed", false],
  ["UND_ERR_HEADERS_TIMEOUT", "the registry stopped answering", false],
  ["UND_ERR_BODY_TIMEOUT", "the registry stopped answering", false],
  ["UND_ERR_HEADERS_OVERFLOW", "connect UND_ERR_HEADERS_OVERFLOW", false],
])("toConnectionError() tells %s as CONNECTION_FAILED", (code, said, hasHint) => {
  const cause = systemError(code);

  const error = toConnectionError(cause, "list tags");

  expect(error).toMatchObject({ code: "CONNECTION_FAILED", message: `Cannot list tags: ${said}`, cause });
  expect(error.hint !== undefined).toBe(hasHint);
});

test("toConnectionError() looks into the errors of several addresses", () => {
  const cause = new AggregateError([systemError("ECONNREFUSED"), systemError("ENETUNREACH")], "");

  expect(toConnectionError(cause, "list tags")).toMatchObject({
    message: "Cannot list tags: ECONNREFUSED",
    hint: expect.stringContaining("host and port"),
  });
});

test("toConnectionError() takes what is no error, and leaves ours", () => {
  const ours = new BundleError("DENIED", "Cannot push");

  expect(toConnectionError("odd", "list tags")).toMatchObject({
    code: "CONNECTION_FAILED",
    message: "Cannot list tags: odd",
  });
  expect(toConnectionError(ours, "list tags")).toBe(ours);
});
