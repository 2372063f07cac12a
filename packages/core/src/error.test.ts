import { expect, test } from "vitest";
import { BundleError, isBundleError, toBundleError } from "./error.ts";

test("BundleError keeps code, hint, cause and the time to wait", () => {
  const cause = new Error("socket");

  const error = new BundleError("UNAVAILABLE", "Cannot go on", { hint: "Wait", cause, retryAfterMs: 5 });

  expect(error).toMatchObject({ name: "BundleError", code: "UNAVAILABLE", message: "Cannot go on" });
  expect(error).toMatchObject({ hint: "Wait", cause, retryAfterMs: 5 });
});

test("BundleError has no properties that were not given", () => {
  const error = new BundleError("USAGE", "Cannot go on");

  expect("hint" in error).toBe(false);
  expect("cause" in error).toBe(false);
  expect("retryAfterMs" in error).toBe(false);
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
