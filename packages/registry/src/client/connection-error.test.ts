import { BundleError } from "@airgap-bundle/core";
import { expect, test } from "vitest";
import { NetworkError } from "../network/network-error.ts";
import { toConnectionError } from "./connection-error.ts";

test("toConnectionError() says what the connection was for, and keeps what helps and the cause", () => {
  const cause = new Error("raw");
  const fault = new NetworkError("TLS_FAILED", "nobody vouches for it", { hint: "Look", cause });

  expect(toConnectionError(fault, "list tags")).toMatchObject({
    code: "TLS_FAILED",
    message: "Cannot list tags: nobody vouches for it",
    hint: "Look",
    cause,
  });
});

test("toConnectionError() puts the system's errors into words", () => {
  const cause = Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" });

  expect(toConnectionError(cause, "list tags")).toMatchObject({
    code: "CONNECTION_FAILED",
    message: "Cannot list tags: connect ECONNREFUSED",
    hint: expect.stringContaining("host and port"),
    cause,
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
