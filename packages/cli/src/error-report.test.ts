import { BundleError } from "@airgap-bundle/core";
import { expect, test } from "vitest";
import { renderError, toErrorDocument } from "./error-report.ts";

test("renderError() shows the message, each problem and the hint", () => {
  const problems = [
    { code: "A", message: "bad tag", line: 3, column: 9 },
    { code: "B", message: "bad line", line: 4 },
    { code: "C", message: "bad file" },
  ];
  const error = new BundleError("SELECTION_INVALID", "Cannot use a.yaml", { hint: "Fix it", problems });

  const text = renderError(error);

  expect(text).toBe("Error: Cannot use a.yaml\n  3:9: bad tag\n  4: bad line\n  bad file\n  Fix it\n");
});

test("renderError() shows the chain of causes on demand", () => {
  const first = new Error("socket hang up");
  first.cause = first;
  const error = new BundleError("CONNECTION_FAILED", "Cannot reach a", {
    hint: "Look",
    cause: new BundleError("TLS_FAILED", "no\n  \u001b", { cause: first }),
  });

  expect(renderError(error)).toBe("Error: Cannot reach a\n  Look\n");
  expect(renderError(error, { isVerbose: true })).toBe(
    "Error: Cannot reach a\n  Look\n  Caused by: BundleError: no \\u{1b}\n  Caused by: Error: socket hang up\n",
  );
});

test("toErrorDocument() takes whatever was thrown", () => {
  expect(toErrorDocument("text")).toMatchObject({ error: { code: "UNEXPECTED", message: "text" } });
  expect(toErrorDocument(new BundleError("NO_SPACE", "full", { hint: "Delete" }))).toEqual({
    error: { code: "NO_SPACE", message: "full", hint: "Delete" },
  });
});
