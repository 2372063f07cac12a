import { expect, test } from "vitest";
import { BundleError, changeError, describeFailure, isBundleError, toBundleError } from "./error.ts";
import { ERROR_CODES } from "./error-codes.ts";

test("BundleError keeps code, hint, cause and the time to wait", () => {
  const cause = new Error("socket");

  const error = new BundleError("UNAVAILABLE", "Cannot go on", { hint: "Wait", cause, retryAfterMs: 5 });

  expect(error).toMatchObject({ name: "BundleError", code: "UNAVAILABLE", message: "Cannot go on" });
  expect(error).toMatchObject({ hint: "Wait", cause, retryAfterMs: 5 });
});

test("BundleError advises what its code means where it is given no hint", () => {
  const error = new BundleError("NO_SPACE", "Cannot go on");

  expect(error.hint).toBe(ERROR_CODES.NO_SPACE.action);
  expect("cause" in error).toBe(false);
  expect("retryAfterMs" in error).toBe(false);
});

test("changeError() keeps what is not changed", () => {
  const options = {
    hint: "Wait",
    cause: new Error("socket"),
    retryAfterMs: 5,
    isHeldBack: true,
    isElsewhere: true,
    problems: [{ code: "X", message: "wrong" }],
    digests: ["sha256:1"],
    stops: "registry",
  } as const;
  const error = new BundleError("UNAVAILABLE", "Cannot go on", options);

  expect(changeError(error, {})).toMatchObject({ code: "UNAVAILABLE", message: "Cannot go on", ...options });
  const changed = changeError(error, { message: "Cannot stop", retryAfterMs: 7 });
  expect(changed).toMatchObject({ message: "Cannot stop", ...options, retryAfterMs: 7 });
});

test("isBundleError() tells by name and code, whatever copy of the class made it", () => {
  const foreign = Object.assign(new Error("from another copy"), { name: "BundleError", code: "DENIED" });

  expect(isBundleError(new BundleError("USAGE", "x"))).toBe(true);
  expect(isBundleError(foreign, "DENIED")).toBe(true);
  expect(isBundleError(foreign, "USAGE")).toBe(false);
  expect(isBundleError(Object.assign(new Error("x"), { code: "DENIED" }))).toBe(false);
  expect(isBundleError({ name: "BundleError", code: "DENIED" })).toBe(false);
  expect(isBundleError(undefined)).toBe(false);
});

test("toBundleError() gives one of ours as it is", () => {
  const error = new BundleError("DENIED", "Cannot push");

  expect(toBundleError(error)).toBe(error);
});

test.each([
  [new RangeError("out of range"), "out of range"],
  ["text", "text"],
  [undefined, "undefined"],
])("toBundleError() wraps %s", (cause, message) => {
  const error = toBundleError(cause);

  expect(error).toMatchObject({ code: "UNEXPECTED", message });
  expect(error.cause).toBe(cause);
});

test("describeFailure() gives an error with the chain of its causes as data", () => {
  const cause = new Error("PUT https://r.io/v2/ answered 403");
  cause.cause = cause;
  const error = new BundleError("DENIED", "Cannot push a", { hint: "Ask", cause });

  expect(describeFailure(error)).toEqual({
    code: "DENIED",
    message: "Cannot push a",
    hint: "Ask",
    details: ["Error: PUT https://r.io/v2/ answered 403"],
  });
  expect(describeFailure(new BundleError("DENIED", "x", { hint: "Ask" }))).not.toHaveProperty("details");
});
